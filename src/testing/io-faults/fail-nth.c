// Makes the Nth write or fsync of files whose name holds a text fail with EIO, once: whoever goes on after that believes
// a disk that has lost something.
// FAIL_CALL is `write` or `sync`, FAIL_NTH counts from 1, FAIL_FILE is part of the file's path.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static long calls = 0;

static int concerns(int fd) {
  const char *part = getenv("FAIL_FILE");
  char link[64], path[4096];
  if (part == NULL) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return strstr(path, part) != NULL;
}

static int fails(const char *call, int fd) {
  const char *wanted = getenv("FAIL_CALL"), *nth = getenv("FAIL_NTH");
  if (wanted == NULL || nth == NULL || strcmp(wanted, call) != 0 || !concerns(fd)) return 0;
  if (__atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST) != atol(nth)) return 0;
  errno = EIO;
  return 1;
}

#define REAL(type, name, ...) \
  static type (*real)(__VA_ARGS__) = NULL; \
  if (real == NULL) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

int fsync(int fd) {
  REAL(int, "fsync", int);
  return fails("sync", fd) ? -1 : real(fd);
}

int fdatasync(int fd) {
  REAL(int, "fdatasync", int);
  return fails("sync", fd) ? -1 : real(fd);
}

ssize_t write(int fd, const void *from, size_t bytes) {
  REAL(ssize_t, "write", int, const void *, size_t);
  return fails("write", fd) ? -1 : real(fd, from, bytes);
}

ssize_t pwrite(int fd, const void *from, size_t bytes, off_t at) {
  REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
  return fails("write", fd) ? -1 : real(fd, from, bytes, at);
}

ssize_t pwrite64(int fd, const void *from, size_t bytes, off64_t at) {
  REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
  return fails("write", fd) ? -1 : real(fd, from, bytes, at);
}
