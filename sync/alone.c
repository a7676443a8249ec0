/* Nothing: what is linked with it must be whole by itself (CMakeLists.txt). */
int
main(void)
{
    return 0;
}
