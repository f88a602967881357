/* The cage round the child that reads an untrusted file.
 *
 * A parser of binary files written in C is where a hostile file would strike. So it runs in a
 * process that has already let go of everything worth having:
 *
 *   no files      every descriptor is closed but the pipe; RLIMIT_NOFILE 0 keeps it so
 *   no growth     RLIMIT_AS 4 GB above what it begins with, RLIMIT_CPU 120 s
 *   no traces     RLIMIT_FSIZE 0, RLIMIT_CORE 0
 *   no calls      seccomp: memory, write, time and exit; opening a file is answered with
 *                 "permission denied", anything else ends the process
 *   no afterlife  it dies with its parent
 *
 * Character sets are the one thing the parser fetches from disk (iconv loads a module for each),
 * so those of the formats are loaded before the gate closes; a rarer one is an honest "unsupported
 * character set". Where a kernel has no seccomp the limits stand alone.
 *
 * Built with a sanitizer, the filter and the memory limit are left out: the sanitizer needs both
 * its shadow memory and its voice. */
#define _GNU_SOURCE
#include <iconv.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/import_inside.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#if defined(__x86_64__)
#define THIS_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_ARCH AUDIT_ARCH_AARCH64
#endif

/* Character sets that SPSS, Stata and SAS files name most; each is loaded for the conversion to
 * UTF-8. (ReadStat, readstat_convert.c and spss/readstat_sav_read.c.) */
static const char *const charsets[] = {
    "WINDOWS-1250", "WINDOWS-1251", "WINDOWS-1252", "WINDOWS-1253", "WINDOWS-1254", "WINDOWS-1255",
    "WINDOWS-1256", "WINDOWS-1257", "WINDOWS-1258", "ISO-8859-1",   "ISO-8859-2",   "ISO-8859-15",
    "MACROMAN",     "CP437",        "CP850",        "WINDOWS-874",  "GB18030",      "GBK",
    "BIG-5",        "SHIFT_JIS",    "EUC-KR",       "KOI8-R",       "US-ASCII",     "CP949",
};

static void load_charsets(void)
{
    for (size_t k = 0; k < sizeof charsets / sizeof *charsets; k++)
        (void)iconv_open("UTF-8", charsets[k]); /* stays open, and with it the module */
}

static void limit(int what, rlim_t most)
{
    const struct rlimit r = {.rlim_cur = most, .rlim_max = most};
    (void)setrlimit((__rlimit_resource_t)what, &r);
}

/* Bytes of address space in use (first number of /proc/self/statm, in pages). */
static size_t address_space(void)
{
    char text[64] = "";
    size_t pages = 0;
    const int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)!read(fd, text, sizeof text - 1);
        (void)close(fd);
    }
    for (const char *p = text; *p >= '0' && *p <= '9'; p++)
        pages = pages * 10 + (size_t)(*p - '0');
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* ---- The filter --------------------------------------------------------------------------- */

#ifdef THIS_ARCH
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define WHEN(nr, what) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(nr), 0, 1), RETURN(what)
#define ALLOW(name) WHEN(__NR_##name, SECCOMP_RET_ALLOW)
#define DENY(name) WHEN(__NR_##name, SECCOMP_RET_ERRNO | 13 /* EACCES */)

static const struct sock_filter filter[] = {
    LOAD(arch),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, THIS_ARCH, 1, 0),
    RETURN(SECCOMP_RET_KILL_PROCESS),
    LOAD(nr),
    ALLOW(write),
    ALLOW(brk),
    ALLOW(munmap),
    ALLOW(mremap),
    ALLOW(madvise),
    ALLOW(futex),
    ALLOW(clock_gettime),
    ALLOW(getrandom),
    ALLOW(sysinfo), /* glibc: qsort asks how much memory there is */
    ALLOW(close),
    ALLOW(exit),
    ALLOW(exit_group),
    ALLOW(rt_sigreturn),
    DENY(openat),
#ifdef __NR_open
    DENY(open),
#endif
#ifdef __NR_newfstatat
    DENY(newfstatat),
#endif
#ifdef __NR_stat
    DENY(stat),
#endif
    /* Memory, but none that can be run. */
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_mmap, 1, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_mprotect, 0, 3),
    LOAD(args[2]),
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0),
    RETURN(SECCOMP_RET_ALLOW),
    RETURN(SECCOMP_RET_KILL_PROCESS),
};

static void close_gate(void)
{
    struct sock_filter copy[sizeof filter / sizeof *filter];
    memcpy(copy, filter, sizeof filter);
    const struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = copy};
    (void)prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}
#else
static void close_gate(void)
{
}
#endif

void tf_import_cage(int *keep_fd, size_t file_bytes)
{
    static const size_t memory = (size_t)4 * 1024 * 1024 * 1024;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGPIPE, SIG_DFL);
    load_charsets();
    if (!SANITIZED)
        limit(RLIMIT_AS, address_space() + file_bytes + memory);
    if (*keep_fd != 3) {
        (void)dup2(*keep_fd, 3);
        *keep_fd = 3;
    }
    (void)close(STDIN_FILENO);
    (void)close(STDOUT_FILENO);
    if (!SANITIZED) /* a sanitizer reports there */
        (void)close(STDERR_FILENO);
    if (syscall(SYS_close_range, 4U, ~0U, 0U) != 0)
        for (int fd = 4; fd < 4096; fd++)
            (void)close(fd);
    limit(RLIMIT_CPU, 120);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_NOFILE, 0);
    if (!SANITIZED)
        close_gate();
}
