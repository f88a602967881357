/* Secrets that people give: a passphrase from the terminal or from a file descriptor, a key from a
 * file.
 *
 * Never from an argument or the environment, which other processes can read. What is typed is not
 * shown; each byte goes straight into locked memory, which is wiped when the command ends. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "cmd/keep_parts.h"

enum { MAX_PASSPHRASE = 1024, LEAST = 12 };

/* One line, without its end. */
static bool read_line(int fd, unsigned char *to, size_t *ret_n)
{
    size_t n = 0;
    for (;;) {
        unsigned char c;
        const ssize_t got = read(fd, &c, 1);
        if (got < 0 && errno == EINTR && !tf_interrupted())
            continue;
        if (got <= 0 && n == 0)
            return false;
        if (got <= 0 || c == '\n') {
            *ret_n = n;
            return true;
        }
        if (n == MAX_PASSPHRASE)
            return false;
        to[n++] = c;
    }
}

static bool ask(int tty, const char *prompt, unsigned char *to, size_t *ret_n)
{
    struct termios was, quiet;
    if (tcgetattr(tty, &was) != 0)
        return false;
    quiet = was;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    if (write(tty, prompt, strlen(prompt)) < 0 || tcsetattr(tty, TCSAFLUSH, &quiet) != 0)
        return false;
    const bool done = read_line(tty, to, ret_n);
    (void)tcsetattr(tty, TCSAFLUSH, &was);
    return write(tty, "\n", 1) == 1 && done;
}

static enum tf_code no_terminal(struct tf_err *reterr)
{
    (void)tf_fail(reterr, TF_E_USAGE, "there is no terminal to ask for the passphrase");
    return tf_help(reterr, "Give it as a line on a file descriptor: --passphrase-fd 3 3<file.");
}

static enum tf_code from_terminal(struct tf_run *run, const char *whose, bool twice,
                                  unsigned char *to, size_t *ret_n, struct tf_err *reterr)
{
    unsigned char *again = tf_locked_bytes(run->arena, MAX_PASSPHRASE + 1);
    size_t n = 0;
    const int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (tty < 0)
        return no_terminal(reterr);
    bool done = ask(tty, tf_printf(run->arena, "passphrase of %s: ", whose), to, ret_n);
    if (done && twice)
        done = ask(tty, "once more: ", again, &n);
    (void)close(tty);
    if (!done)
        return no_terminal(reterr);
    if (twice && (n != *ret_n || sodium_memcmp(again, to, n) != 0))
        return tf_fail(reterr, TF_E_INPUT, "the two passphrases differ; nothing was changed");
    return TF_OK;
}

enum tf_code tf_ask_passphrase(struct tf_run *run, const struct keep_words *w, const char *whose,
                               bool twice, struct tf_credential *ret, struct tf_err *reterr)
{
    unsigned char *to = tf_locked_bytes(run->arena, MAX_PASSPHRASE + 1);
    size_t n = 0;
    if (w->passphrase_fd != NULL) {
        int64_t fd;
        if (!tf_parse_int(w->passphrase_fd, &fd) || fd < 0 || fd > 1023)
            return tf_usage(run, reterr,
                            "--passphrase-fd wants the number of an open file descriptor");
        if (!read_line((int)fd, to, &n)) {
            (void)tf_fail(reterr, TF_E_USAGE,
                          "no passphrase of %s could be read from file descriptor %d", whose,
                          (int)fd);
            return tf_help(reterr, "One line for each person, in the order of their names.");
        }
    } else {
        TF_TRY(from_terminal(run, whose, twice, to, &n, reterr));
    }
    if (twice && n < LEAST) {
        (void)tf_fail(reterr, TF_E_INPUT, "this passphrase is too short");
        return tf_help(
            reterr, "Use at least %d characters; five or six words drawn by dice are good.", LEAST);
    }
    ret->passphrase = (const char *)to;
    ret->n = n;
    return TF_OK;
}

/* "trefoil-key-1 BASE64\n", mode 0600. */
enum tf_code tf_read_key_file(struct tf_run *run, const char *path, struct tf_credential *ret,
                              struct tf_err *reterr)
{
    enum { HEAD = 14, TEXT = sodium_base64_ENCODED_LEN(32, sodium_base64_VARIANT_ORIGINAL) - 1 };
    unsigned char *line = tf_locked_bytes(run->arena, HEAD + TEXT + 2),
                  *secret = tf_locked_bytes(run->arena, 32);
    struct stat st;
    size_t n = 0;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return tf_fail_at(reterr, TF_E_KEY, path, 0, 0, "the key file cannot be read");
    const bool own = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) == 0;
    const ssize_t got = read(fd, line, HEAD + TEXT + 1);
    (void)close(fd);
    if (!own) {
        (void)tf_fail_at(reterr, TF_E_KEY, path, 0, 0, "the key file may be read by others");
        return tf_help(reterr, "`chmod 600 %s`; if others had access to it, make another.", path);
    }
    if (got < HEAD + TEXT || memcmp(line, "trefoil-key-1 ", HEAD) != 0 ||
        sodium_base642bin(secret, 32, (const char *)line + HEAD, TEXT, NULL, &n, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        n != 32)
        return tf_fail_at(reterr, TF_E_KEY, path, 0, 0, "this is no key file of a custodian");
    ret->key_file = secret;
    return TF_OK;
}

KEEP_PART(tf_keep_run_make_key)
{
    enum { TEXT = sodium_base64_ENCODED_LEN(32, sodium_base64_VARIANT_ORIGINAL) };
    unsigned char *secret = tf_locked_bytes(run->arena, 32), public_key[32];
    char *text = (char *)tf_locked_bytes(run->arena, TEXT), shown[TEXT];
    if (w->n != 2)
        return tf_usage(run, reterr, "make-key wants the name of the file to make");
    const int fd = open(w->word[1], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        (void)tf_fail_at(reterr, TF_E_IO, w->word[1], 0, 0, "the key file cannot be made");
        return tf_fact(reterr, "%s", strerror(errno));
    }
    tf_custodian_key_make(secret, public_key);
    (void)sodium_bin2base64(text, TEXT, secret, 32, sodium_base64_VARIANT_ORIGINAL);
    (void)sodium_bin2base64(shown, TEXT, public_key, 32, sodium_base64_VARIANT_ORIGINAL);
    const bool done = write(fd, "trefoil-key-1 ", 14) == 14 &&
                      write(fd, text, TEXT - 1) == TEXT - 1 && write(fd, "\n", 1) == 1 &&
                      fsync(fd) == 0;
    if (close(fd) != 0 || !done)
        return tf_fail_at(reterr, TF_E_IO, w->word[1], 0, 0, "the key file could not be written");
    tf_say("%s\n", shown);
    return TF_OK;
}
