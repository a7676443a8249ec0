/* TLS that is taken up again: when a ticket is shown, and when the server's certificate is looked at anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <time.h>

#include "tests/unit/stream_scene.h"

#define REST_AT DIGEST_SIZE           /* in the file: a digest of what the trust rested on, one of the rest ... */
#define VERIFIED_AT (2 * DIGEST_SIZE) /* ... when the certificate was verified, the session */

static const char *const twice[] = {"TLS", "S:* OK one", "C:bye", "NEXT", "TLS", "S:* OK two", "C:bye", NULL};

struct scene {
    struct certificate own;
    struct fake_server *server;
    struct connection to;
    char ticket[128];
};

static void
begin_until(struct scene *scene, const char *const *script, long until_s)
{
    *scene = (struct scene){0};
    given_certificate(&scene->own, "DNS:localhost,IP:127.0.0.1", -DAY, until_s);
    scene->server = start_server(&scene->own, script);
    scene->to = connection_to(scene->server, "localhost", SCHEME_IMAPS);
    scene->to.ca_file = scene->own.file;
    text_print(scene->ticket, sizeof scene->ticket, "%s/tls-session", scene->own.folder);
    scene->to.tls_session = scene->ticket;
}

static void
begin(struct scene *scene)
{
    begin_until(scene, twice, DAY);
    run(scene->server);
}

/* @return in how many connections TLS was taken up again */
static int
end(struct scene *scene)
{
    const int resumed = end_server(scene->server);

    (void)unlink(scene->ticket);
    drop_certificate(&scene->own);
    return resumed;
}

static struct stream *
greeted(const struct connection *to, const char *greeting)
{
    struct error err = {0};
    struct stream *stream = stream_open(to, &err);

    if (stream == NULL)
        fail_msg("%s: %s", err.what, err.answer);
    assert_reads(stream, greeting);
    return stream;
}

static void
leave(struct stream *stream)
{
    struct error err = {0};
    size_t moved;

    assert_int_equal(stream_write(stream, "bye\r\n", 5, &moved, &err), STREAM_DONE);
    stream_close(stream);
}

static void
meet(struct scene *scene, const char *greeting)
{
    leave(greeted(&scene->to, greeting));
}

static size_t
read_ticket(const struct scene *scene, unsigned char *to, size_t size)
{
    const int fd = open(scene->ticket, O_RDONLY);
    ssize_t got;

    assert_true(fd >= 0);
    got = read(fd, to, size);
    assert_true(got > VERIFIED_AT);
    assert_int_equal(close(fd), 0);
    return (size_t)got;
}

static void
write_ticket(const struct scene *scene, const unsigned char *from, size_t len)
{
    const int fd = open(scene->ticket, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, from, len), (ssize_t)len);
    assert_int_equal(close(fd), 0);
}

/* As if the certificate had been verified so many seconds ago. */
static void
make_older(const struct scene *scene, int64_t seconds)
{
    unsigned char file[65536];
    const size_t len = read_ticket(scene, file, sizeof file);
    int64_t verified;

    memcpy(&verified, file + VERIFIED_AT, sizeof verified);
    assert_in_range(time(NULL) - verified, 0, 60);
    verified -= seconds;
    memcpy(file + VERIFIED_AT, &verified, sizeof verified);
    assert_true(digest_bytes(file + VERIFIED_AT, len - VERIFIED_AT, file + REST_AT));
    write_ticket(scene, file, len);
}

static void
the_next_connection_takes_up_the_session_and_the_one_after_that_as_well(void **state)
{
    static const char *const thrice[] = {"TLS",   "S:* OK one", "C:bye", "NEXT",         "TLS",   "S:* OK two",
                                         "C:bye", "NEXT",       "TLS",   "S:* OK three", "C:bye", NULL};
    struct scene scene;
    (void)state;
    begin_until(&scene, thrice, DAY);
    run(scene.server);

    meet(&scene, "* OK one\r\n");
    meet(&scene, "* OK two\r\n");
    meet(&scene, "* OK three\r\n");

    assert_int_equal(end(&scene), 2);
}

static void
nobody_but_the_user_can_read_the_ticket(void **state)
{
    const mode_t mask = umask(0);
    struct scene scene;
    struct stat file;
    (void)state;
    begin(&scene);

    meet(&scene, "* OK one\r\n");

    assert_int_equal(stat(scene.ticket, &file), 0);
    assert_int_equal(file.st_mode & 07777, 0600);
    (void)umask(mask);
    meet(&scene, "* OK two\r\n");
    assert_int_equal(end(&scene), 1);
}

static void
a_file_that_others_can_read_gets_no_ticket(void **state)
{
    struct scene scene;
    struct stream *stream;
    struct stat file;
    (void)state;
    begin(&scene);
    stream = greeted(&scene.to, "* OK one\r\n");
    write_ticket(&scene, (const unsigned char *)"old", 3); /* as a backup puts it back while we are connected */
    assert_int_equal(chmod(scene.ticket, 0644), 0);

    leave(stream);

    assert_int_equal(stat(scene.ticket, &file), 0);
    assert_int_equal(file.st_mode & 07777, 0600);
    meet(&scene, "* OK two\r\n");
    assert_int_equal(end(&scene), 1);
}

static void
a_ticket_is_gone_as_soon_as_it_is_shown(void **state)
{
    struct scene scene;
    struct stream *stream;
    (void)state;
    begin(&scene);
    meet(&scene, "* OK one\r\n");

    stream = greeted(&scene.to, "* OK two\r\n");

    assert_int_not_equal(access(scene.ticket, F_OK), 0);
    leave(stream);
    assert_int_equal(end(&scene), 1);
}

static void
no_file_is_made_where_none_is_named(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene);
    scene.to.tls_session = NULL;

    meet(&scene, "* OK one\r\n");
    meet(&scene, "* OK two\r\n");

    assert_int_not_equal(access(scene.ticket, F_OK), 0);
    assert_int_equal(end(&scene), 0);
}

static void
sessions_of_tls_1_2_are_not_kept_since_their_keys_could_be_told_later(void **state)
{
    struct scene scene;
    (void)state;
    begin_until(&scene, twice, DAY);
    assert_int_equal(SSL_CTX_set_max_proto_version(scene.server->context, TLS1_2_VERSION), 1);
    run(scene.server);

    meet(&scene, "* OK one\r\n");
    assert_int_not_equal(access(scene.ticket, F_OK), 0);
    meet(&scene, "* OK two\r\n");

    assert_int_equal(end(&scene), 0);
}

static void
a_server_that_does_not_know_its_ticket_any_more_shows_its_certificate(void **state)
{
    static const char *const forgetful[] = {"TLS", "S:* OK one", "C:bye", "REKEY", "NEXT",
                                            "TLS", "S:* OK two", "C:bye", NULL};
    struct scene scene;
    (void)state;
    begin_until(&scene, forgetful, DAY);
    run(scene.server);

    meet(&scene, "* OK one\r\n");
    meet(&scene, "* OK two\r\n");

    assert_int_equal(end(&scene), 0);
}

/* What decides about trust */

static void
another_name_for_the_host_is_another_trust(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene);
    meet(&scene, "* OK one\r\n");
    scene.to.host = "127.0.0.1";

    meet(&scene, "* OK two\r\n");

    assert_int_equal(end(&scene), 0);
}

static void
other_pins_are_another_trust(void **state)
{
    struct scene scene;
    const char *const pins[] = {scene.own.pin, NULL};
    (void)state;
    begin(&scene);
    meet(&scene, "* OK one\r\n");
    scene.to.fingerprints = pins;

    meet(&scene, "* OK two\r\n");

    assert_int_equal(end(&scene), 0);
}

static void
a_ca_file_that_was_written_again_is_another_trust(void **state)
{
    const struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    struct scene scene;
    (void)state;
    begin(&scene);
    meet(&scene, "* OK one\r\n");
    assert_int_equal(utimensat(AT_FDCWD, scene.own.file, times, 0), 0);

    meet(&scene, "* OK two\r\n");

    assert_int_equal(end(&scene), 0);
}

static void
a_ca_file_that_was_written_again_under_its_old_time_and_size_is_another_trust(void **state)
{
    struct timespec times[2];
    struct scene scene;
    struct stat file;
    (void)state;
    begin(&scene);
    meet(&scene, "* OK one\r\n");
    assert_int_equal(stat(scene.own.file, &file), 0);
    times[0] = file.st_atim;
    times[1] = file.st_mtim;
    assert_int_equal(utimensat(AT_FDCWD, scene.own.file, times, 0), 0);

    meet(&scene, "* OK two\r\n");

    assert_int_equal(end(&scene), 0);
}

static void
another_client_certificate_is_another_trust(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene);
    meet(&scene, "* OK one\r\n");
    scene.to.client_cert = scene.own.file;
    scene.to.client_key = scene.own.key;

    meet(&scene, "* OK two\r\n");

    assert_int_equal(end(&scene), 0);
}

static void
a_ca_file_that_is_gone_is_an_error_though_there_is_a_ticket(void **state)
{
    static const char *const once[] = {"TLS", "S:* OK one", "C:bye", NULL};
    struct scene scene;
    (void)state;
    begin_until(&scene, once, DAY);
    run(scene.server);
    meet(&scene, "* OK one\r\n");
    assert_int_equal(unlink(scene.own.file), 0);

    (void)assert_refused(&scene.to, ERROR_CONFIG);

    assert_int_equal(end(&scene), 0);
}

static void
a_day_after_the_certificate_was_verified_it_is_verified_again(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene);
    meet(&scene, "* OK one\r\n");
    make_older(&scene, DAY);

    meet(&scene, "* OK two\r\n");

    assert_int_equal(end(&scene), 0);
}

static void
a_ticket_that_came_over_a_taken_up_session_does_not_count_as_verified_anew(void **state)
{
    static const char *const thrice[] = {"TLS",   "S:* OK one", "C:bye", "NEXT",         "TLS",   "S:* OK two",
                                         "C:bye", "NEXT",       "TLS",   "S:* OK three", "C:bye", NULL};
    struct scene scene;
    unsigned char file[65536];
    int64_t verified;
    (void)state;
    begin_until(&scene, thrice, DAY);
    run(scene.server);
    meet(&scene, "* OK one\r\n");
    make_older(&scene, DAY / 2);

    meet(&scene, "* OK two\r\n");

    (void)read_ticket(&scene, file, sizeof file);
    memcpy(&verified, file + VERIFIED_AT, sizeof verified);
    assert_in_range(time(NULL) - verified, DAY / 2, DAY / 2 + 60);
    meet(&scene, "* OK three\r\n");
    assert_int_equal(end(&scene), 2);
}

static void
a_certificate_that_has_expired_since_is_refused_though_there_is_a_ticket(void **state)
{
    static const char *const expiring[] = {"TLS", "S:* OK one", "C:bye", "NEXT", "TLS", NULL};
    struct scene scene;
    struct error err;
    (void)state;
    begin_until(&scene, expiring, 2);
    run(scene.server);
    meet(&scene, "* OK one\r\n");
    (void)usleep(2500 * 1000);

    err = assert_refused(&scene.to, ERROR_NETWORK);

    assert_has(err.answer, "expired");
    assert_int_equal(end(&scene), 0);
}

/* Who hangs up on a ticket */

static void
a_server_that_hangs_up_on_a_ticket_is_asked_without_one_at_once_and_for_a_month(void **state)
{
    static const char *const choosy[] = {"TLS",         "S:* OK one", "C:bye",       "NEXT",  "NEXT",         "TLS",
                                         "S:* OK two",  "C:bye",      "NEXT",        "TLS",   "S:* OK three", "C:bye",
                                         "NEXT",        "TLS",        "S:* OK four", "C:bye", "NEXT",         "TLS",
                                         "S:* OK five", "C:bye",      NULL};
    struct scene scene;
    unsigned char file[65536];
    (void)state;
    begin_until(&scene, choosy, 90 * DAY);
    run(scene.server);
    meet(&scene, "* OK one\r\n");

    meet(&scene, "* OK two\r\n");
    meet(&scene, "* OK three\r\n");

    assert_int_equal(read_ticket(&scene, file, sizeof file), VERIFIED_AT + sizeof(int64_t));
    make_older(&scene, 31 * DAY);
    meet(&scene, "* OK four\r\n");
    meet(&scene, "* OK five\r\n");
    assert_int_equal(end(&scene), 1);
}

static void
a_server_that_hangs_up_on_everybody_is_asked_twice(void **state)
{
    static const char *const gone[] = {"TLS",  "S:* OK one", "C:bye",      "NEXT",  "NEXT",
                                       "NEXT", "TLS",        "S:* OK two", "C:bye", NULL};
    struct scene scene;
    (void)state;
    begin_until(&scene, gone, DAY);
    run(scene.server);
    meet(&scene, "* OK one\r\n");

    (void)assert_refused(&scene.to, ERROR_NETWORK);

    meet(&scene, "* OK two\r\n");
    assert_int_equal(end(&scene), 0);
}

/* What may have become of the file */

static void
damaged_as(const unsigned char *bytes, size_t len)
{
    struct scene scene;
    begin(&scene);
    meet(&scene, "* OK one\r\n");
    write_ticket(&scene, bytes, len);

    meet(&scene, "* OK two\r\n");

    assert_int_equal(end(&scene), 0);
}

static void
a_file_that_is_no_ticket_counts_as_none(void **state)
{
    static const unsigned char nothing[70000];
    (void)state;

    damaged_as(nothing, 0);
    damaged_as((const unsigned char *)"hello", 5);
    damaged_as(nothing, VERIFIED_AT + sizeof(int64_t));
    damaged_as(nothing, sizeof nothing);
}

static void
a_ticket_that_lacks_its_end_or_has_another_bit_counts_as_none(void **state)
{
    unsigned char file[65536];
    struct scene scene;
    (void)state;

    for (int form = 0; form < 2; form++) {
        begin(&scene);
        meet(&scene, "* OK one\r\n");
        const size_t len = read_ticket(&scene, file, sizeof file);
        file[len / 2] ^= form == 0 ? 0 : 1;
        write_ticket(&scene, file, form == 0 ? len - 1 : len);

        meet(&scene, "* OK two\r\n");

        assert_int_equal(end(&scene), 0);
    }
}

static void
a_folder_a_link_or_a_pipe_in_its_place_is_left_alone_or_replaced_and_stops_nothing(void **state)
{
    struct scene scene;
    (void)state;

    for (int form = 0; form < 3; form++) {
        begin(&scene);
        meet(&scene, "* OK one\r\n");
        assert_int_equal(unlink(scene.ticket), 0);
        assert_int_equal(form == 0   ? mkdir(scene.ticket, 0700)
                         : form == 1 ? symlink(scene.own.key, scene.ticket)
                                     : mkfifo(scene.ticket, 0600),
                         0);

        meet(&scene, "* OK two\r\n");

        if (form == 0)
            assert_int_equal(rmdir(scene.ticket), 0);
        assert_int_equal(access(scene.own.key, F_OK), 0);
        assert_int_equal(end(&scene), 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_connection_takes_up_the_session_and_the_one_after_that_as_well),
        cmocka_unit_test(nobody_but_the_user_can_read_the_ticket),
        cmocka_unit_test(a_file_that_others_can_read_gets_no_ticket),
        cmocka_unit_test(a_ticket_is_gone_as_soon_as_it_is_shown),
        cmocka_unit_test(no_file_is_made_where_none_is_named),
        cmocka_unit_test(sessions_of_tls_1_2_are_not_kept_since_their_keys_could_be_told_later),
        cmocka_unit_test(a_server_that_does_not_know_its_ticket_any_more_shows_its_certificate),
        cmocka_unit_test(another_name_for_the_host_is_another_trust),
        cmocka_unit_test(other_pins_are_another_trust),
        cmocka_unit_test(a_ca_file_that_was_written_again_is_another_trust),
        cmocka_unit_test(a_ca_file_that_was_written_again_under_its_old_time_and_size_is_another_trust),
        cmocka_unit_test(another_client_certificate_is_another_trust),
        cmocka_unit_test(a_ca_file_that_is_gone_is_an_error_though_there_is_a_ticket),
        cmocka_unit_test(a_day_after_the_certificate_was_verified_it_is_verified_again),
        cmocka_unit_test(a_ticket_that_came_over_a_taken_up_session_does_not_count_as_verified_anew),
        cmocka_unit_test(a_certificate_that_has_expired_since_is_refused_though_there_is_a_ticket),
        cmocka_unit_test(a_server_that_hangs_up_on_a_ticket_is_asked_without_one_at_once_and_for_a_month),
        cmocka_unit_test(a_server_that_hangs_up_on_everybody_is_asked_twice),
        cmocka_unit_test(a_file_that_is_no_ticket_counts_as_none),
        cmocka_unit_test(a_ticket_that_lacks_its_end_or_has_another_bit_counts_as_none),
        cmocka_unit_test(a_folder_a_link_or_a_pipe_in_its_place_is_left_alone_or_replaced_and_stops_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
