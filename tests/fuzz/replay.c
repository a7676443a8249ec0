/* main of a fuzzer that is built without libFuzzer: every file named, and every file in a folder named. */
#include <dirent.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(1 << 20);
    size_t size;

    if (file == NULL || data == NULL) {
        fprintf(stderr, "%s can't be read\n", path);
        free(data);
        if (file != NULL)
            (void)fclose(file);
        return 1;
    }
    size = fread(data, 1, 1 << 20, file);
    (void)fclose(file);
    uint8_t *exact = malloc(size > 0 ? size : 1); /* so that a sanitizer sees a read behind its end */
    if (exact != NULL) {
        if (size > 0)
            memcpy(exact, data, size);
        (void)LLVMFuzzerTestOneInput(exact, size);
        free(exact);
    }
    free(data);
    return exact == NULL;
}

int
main(int argc, char **argv)
{
    int failed = 0, count = 0;

    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        struct dirent *entry;
        char path[4096];
        if (folder == NULL) {
            failed += replay_file(argv[i]);
            count++;
            continue;
        }
        while ((entry = readdir(folder)) != NULL) {
            if (entry->d_name[0] == '.' ||
                snprintf(path, sizeof path, "%s/%s", argv[i], entry->d_name) >= (int)sizeof path)
                continue;
            failed += replay_file(path);
            count++;
        }
        (void)closedir(folder);
    }
    printf("%d inputs\n", count);
    return failed > 0 || count == 0;
}
