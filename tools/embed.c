/* Files into the program.
 *
 *   embed sql  SYMBOL FILE.sql            named statements -> static const struct tf_named_sql[]
 *   embed text SYMBOL FILE                one text         -> static const char[]
 *   embed tree SYMBOL FOLDER FILE…        many files       -> static const struct tf_embedded[]
 *
 * In a .sql file each statement follows a line `-- name: <name>`. Output goes to stdout. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *slurp(const char *path, size_t *ret_n)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        perror(path);
        exit(1);
    }
    size_t n = 0, cap = 1 << 16;
    char *data = malloc(cap);
    for (size_t got; data != NULL && (got = fread(data + n, 1, cap - n - 1, f)) > 0;) {
        n += got;
        if (cap - n < 2)
            data = realloc(data, cap *= 2);
    }
    if (data == NULL)
        exit(1);
    data[n] = '\0';
    (void)fclose(f);
    *ret_n = n;
    return data;
}

/* A C string literal, one source line each. */
static void literal(const char *s, size_t n)
{
    printf("\n    \"");
    for (size_t k = 0; k < n; k++) {
        const unsigned char c = (unsigned char)s[k];
        if (c == '\n')
            printf(k + 1 < n ? "\\n\"\n    \"" : "\\n");
        else if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c < 32 || c > 126 || c == '?')
            printf("\\%03o", c);
        else
            putchar(c);
    }
    printf("\"");
}

static void embed_sql(const char *symbol, const char *path)
{
    size_t n;
    char *text = slurp(path, &n), *at = strstr(text, "-- name: ");
    printf("/* made from %s by tools/embed.c */\nstatic const struct tf_named_sql %s[] = {", path,
           symbol);
    while (at != NULL) {
        char *name = at + 9, *eol = strchr(name, '\n');
        if (eol == NULL)
            break;
        char *next = strstr(eol, "-- name: ");
        const size_t len = next == NULL ? strlen(eol + 1) : (size_t)(next - eol - 1);
        printf("\n    {\"%.*s\",", (int)(eol - name), name);
        literal(eol + 1, len);
        printf("},");
        at = next;
    }
    printf("\n    {NULL, NULL}};\n");
    free(text);
}

static void embed_bytes(const char *symbol, size_t k, const char *path)
{
    size_t n;
    char *data = slurp(path, &n);
    printf("static const unsigned char %s_%zu[] = {", symbol, k);
    for (size_t j = 0; j < n; j++)
        printf("%s%u,", j % 24 == 0 ? "\n" : "", (unsigned)(unsigned char)data[j]);
    printf("0};\n");
    free(data);
}

int main(int argc, char **argv)
{
    if (argc >= 4 && strcmp(argv[1], "sql") == 0) {
        embed_sql(argv[2], argv[3]);
        return 0;
    }
    if (argc >= 4 && strcmp(argv[1], "text") == 0) {
        size_t n;
        char *text = slurp(argv[3], &n);
        printf("/* made from %s by tools/embed.c */\nstatic const unsigned char %s[] = {", argv[3],
               argv[2]);
        for (size_t j = 0; j < n; j++)
            printf("%s%u,", j % 24 == 0 ? "\n" : "", (unsigned)(unsigned char)text[j]);
        printf("0};\n");
        free(text);
        return 0;
    }
    if (argc >= 4 && strcmp(argv[1], "tree") == 0) {
        const size_t root = strlen(argv[3]) + 1;
        for (int k = 4; k < argc; k++)
            embed_bytes(argv[2], (size_t)k, argv[k]);
        printf("static const struct tf_embedded %s[] = {\n", argv[2]);
        for (int k = 4; k < argc; k++)
            printf("    {\"%s\", %s_%d, sizeof %s_%d - 1},\n", argv[k] + root, argv[2], k, argv[2], k);
        printf("    {NULL, NULL, 0}};\n");
        return 0;
    }
    (void)fprintf(stderr, "usage: embed sql|text|tree SYMBOL …\n");
    return 1;
}
