/* What custody reads from disks and media that others can write: the keyring, the escrow copy, the list of
 * a backup, a record of consent, a sealed file. The first byte chooses. */
#include "fuzz.h"

#include <string.h>

#include "keep/backup_list.h"
#include "keep/escrow.h"
#include "keep/inside.h"
#include "keep/keyring.h"

static void escrow(struct tf_arena *arena, const char *data, size_t n)
{
    struct tf_escrow_file *file;
    struct tf_err err;
    size_t n_files;
    char *whole = tf_alloc(arena, n + 40);
    memcpy(whole, data, n); /* with a good sum, or nothing behind it would be reached */
    (void)crypto_generichash((unsigned char *)whole + n, 32, (const unsigned char *)whole, n, NULL, 0);
    const struct tf_bytes bytes = {whole, n + 32};
    if (tf_escrow_parse(arena, "x", &bytes, &file, &n_files, &err) == TF_OK)
        for (size_t k = 0; k < n_files; k++)
            if (file[k].name[0] == '/' || strstr(file[k].name, "..") != NULL)
                abort();
}

static void try_input(struct tf_arena *arena, const char *data, size_t n)
{
    static const unsigned char key[32] = {1};
    struct tf_err err = {.code = TF_OK};
    struct tf_backup_list list = {.n = 0};
    struct keyring *ring;
    struct tf_consent consent;
    const unsigned char *plain;
    size_t n_plain;
    if (n == 0)
        return;
    const char *rest = data + 1;
    const struct tf_bytes bytes = {rest, n - 1};
    switch (data[0]) {
    case '1':
        escrow(arena, rest, n - 1);
        break;
    case '2':
        if (tf_backup_list_parse(arena, "x", rest, n - 1, &list, &err) == TF_OK)
            for (size_t k = 0; k < list.n; k++)
                if (list.file[k].name[0] == '/' || strstr(list.file[k].name, "..") != NULL)
                    abort();
        break;
    case '3':
        if (tf_consent_parse(arena, tf_strndup(arena, rest, n - 1), &consent) && consent.participant == NULL)
            abort();
        break;
    case '4':
        if (tf_secret_unseal(arena, key, "x", &bytes, &plain, &n_plain, &err) == TF_OK)
            abort(); /* a forged seal */
        break;
    default:
        if (tf_keyring_parse(arena, "x", data, n, &ring, &err) == TF_OK &&
            tf_keyring_proved(arena, ring, key, &err) == TF_OK)
            abort();
    }
}
