// A library that lets operations on files fail, for tests. It is preloaded into the real program (LD_PRELOAD), counts the operations
// on paths below the directory FILE_FAULTS_DIRECTORY and on relative paths, and makes the one fail that the control file
// FILE_FAULTS_CONTROL names. The control file is mapped into memory, so that a test can arm it at any moment; `shim.rs` has its layout.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

enum { FAIL_ONCE = 1, READ_ONLY_FROM = 2, FULL_FROM = 3, KILL = 4, FAIL_FROM = 5 };

// Operations that only look, that change something, and that change something and need space for it.
enum class { LOOK, CHANGE, GROW };

enum { SLOTS = 2000, SLOT = 128, DESCRIPTORS = 65536 };

struct control {
  _Atomic uint32_t is_armed;
  uint32_t kind;
  uint32_t changes_only;
  int32_t error;
  uint64_t n;
  _Atomic uint64_t count;
  _Atomic uint32_t is_hit;
  char padding[4096 - 36];
  char operations[SLOTS][SLOT];
};

static struct control *control;
static const char *directory;
static _Atomic unsigned char is_tracked[DESCRIPTORS];
static _Atomic int is_full;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("FILE_FAULTS_CONTROL");
  directory = getenv("FILE_FAULTS_DIRECTORY");
  if (!path || !directory) return;
  // The function of the C library, not the one below.
  int (*next)(const char *, int, ...) = dlsym(RTLD_NEXT, "open64");
  int file = next(path, O_RDWR | O_CLOEXEC);
  void *mapped = file < 0 ? MAP_FAILED : mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (mapped == MAP_FAILED) abort();
  control = mapped;
}

static int is_inside(const char *path) {
  if (!directory || !path) return 0;
  size_t length = strlen(directory);
  return path[0] != '/' || (strncmp(path, directory, length) == 0 && (path[length] == '/' || path[length] == 0));
}

static int is_inside_at(int at, const char *path) {
  if (path && path[0] && (at == AT_FDCWD || path[0] == '/')) return is_inside(path);
  return at >= 0 && at < DESCRIPTORS && is_tracked[at];
}

static int is_open(int file) { return file >= 0 && file < DESCRIPTORS && is_tracked[file]; }

static int track(int file, int inside) {
  if (file >= 0 && file < DESCRIPTORS) is_tracked[file] = inside != 0;
  return file;
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

// Counts an operation. Returns 0 if it is to be carried out, the error if it is to fail, and -1 if a write is to write half.
static int turn(const char *name, const char *path, enum class class) {
  if (!control || !control->is_armed || (class == LOOK && control->changes_only)) return 0;
  uint64_t number = atomic_fetch_add(&control->count, 1) + 1;
  if (number <= SLOTS) snprintf(control->operations[number - 1], SLOT, "%s %s", name, path ? path : "");
  if (number < control->n) return 0;
  if (number == control->n) control->is_hit = 1;
  int is_write = strncmp(name, "write", 5) == 0;
  switch (control->kind) {
  case FAIL_ONCE:
    return number == control->n ? control->error : 0;
  case FAIL_FROM:
    return control->error;
  case READ_ONLY_FROM:
    return class == LOOK ? 0 : control->error;
  case FULL_FROM:
    if (class != GROW) return 0;
    return is_write && !atomic_exchange(&is_full, 1) ? -1 : control->error;
  case KILL:
    if (number != control->n) return 0;
    if (is_write) return -1;
    die();
  }
  return 0;
}

#define NEXT(type, function, ...) \
  static type (*next)(__VA_ARGS__); \
  if (!next) next = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #function)

#define FAIL(result) \
  do { \
    errno = fault; \
    return result; \
  } while (0)

// Fails the operation if its turn has come.
#define TURN(inside, name, path, class, result) \
  do { \
    int fault = (inside) ? turn(name, path, class) : 0; \
    if (fault) FAIL(result); \
  } while (0)

static const char *open_name(int flags) { return flags & O_CREAT ? "create" : "open"; }

#define OPEN(function) \
  int function(const char *path, int flags, ...) { \
    NEXT(int, function, const char *, int, ...); \
    va_list rest; \
    va_start(rest, flags); \
    mode_t mode = va_arg(rest, mode_t); \
    va_end(rest); \
    int inside = is_inside(path); \
    TURN(inside, open_name(flags), path, flags & O_CREAT ? GROW : flags & O_TRUNC ? CHANGE : LOOK, -1); \
    return track(next(path, flags, mode), inside); \
  }
OPEN(open)
OPEN(open64)

#define OPENAT(function) \
  int function(int at, const char *path, int flags, ...) { \
    NEXT(int, function, int, const char *, int, ...); \
    va_list rest; \
    va_start(rest, flags); \
    mode_t mode = va_arg(rest, mode_t); \
    va_end(rest); \
    int inside = is_inside_at(at, path); \
    TURN(inside, open_name(flags), path, flags & O_CREAT ? GROW : flags & O_TRUNC ? CHANGE : LOOK, -1); \
    return track(next(at, path, flags, mode), inside); \
  }
OPENAT(openat)
OPENAT(openat64)

int close(int file) {
  NEXT(int, close, int);
  track(file, 0);
  return next(file);
}

// The two kinds of writing that write half, and are killed after it if that is the fault.
#define HALF(call) \
  do { \
    ssize_t written = (call); \
    if (control->kind == KILL) die(); \
    if (written > 0) return written; \
    errno = control->error; \
    return -1; \
  } while (0)

ssize_t write(int file, const void *bytes, size_t length) {
  NEXT(ssize_t, write, int, const void *, size_t);
  int fault = is_open(file) ? turn("write", "", GROW) : 0;
  if (fault < 0) HALF(length > 1 ? next(file, bytes, length / 2) : 0);
  if (fault) FAIL(-1);
  return next(file, bytes, length);
}

ssize_t writev(int file, const struct iovec *parts, int count) {
  NEXT(ssize_t, writev, int, const struct iovec *, int);
  int fault = is_open(file) ? turn("writev", "", GROW) : 0;
  if (fault < 0) HALF(count > 1 ? next(file, parts, count / 2) : 0);
  if (fault) FAIL(-1);
  return next(file, parts, count);
}

#define PWRITE(function, offset_type) \
  ssize_t function(int file, const void *bytes, size_t length, offset_type offset) { \
    NEXT(ssize_t, function, int, const void *, size_t, offset_type); \
    int fault = is_open(file) ? turn("write", "", GROW) : 0; \
    if (fault < 0) HALF(length > 1 ? next(file, bytes, length / 2, offset) : 0); \
    if (fault) FAIL(-1); \
    return next(file, bytes, length, offset); \
  }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t read(int file, void *bytes, size_t length) {
  NEXT(ssize_t, read, int, void *, size_t);
  TURN(is_open(file), "read", "", LOOK, -1);
  return next(file, bytes, length);
}

ssize_t readv(int file, const struct iovec *parts, int count) {
  NEXT(ssize_t, readv, int, const struct iovec *, int);
  TURN(is_open(file), "read", "", LOOK, -1);
  return next(file, parts, count);
}

ssize_t pread64(int file, void *bytes, size_t length, off64_t offset) {
  NEXT(ssize_t, pread64, int, void *, size_t, off64_t);
  TURN(is_open(file), "read", "", LOOK, -1);
  return next(file, bytes, length, offset);
}

#define ON_FILE(function, class) \
  int function(int file) { \
    NEXT(int, function, int); \
    TURN(is_open(file), #function, "", class, -1); \
    return next(file); \
  }
ON_FILE(fsync, CHANGE)
ON_FILE(fdatasync, CHANGE)

int flock(int file, int operation) {
  NEXT(int, flock, int, int);
  TURN(is_open(file), "flock", "", LOOK, -1);
  return next(file, operation);
}

#define TRUNCATE(function, offset_type) \
  int function(int file, offset_type length) { \
    NEXT(int, function, int, offset_type); \
    TURN(is_open(file), "ftruncate", "", CHANGE, -1); \
    return next(file, length); \
  }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

int fchmod(int file, mode_t mode) {
  NEXT(int, fchmod, int, mode_t);
  TURN(is_open(file), "fchmod", "", CHANGE, -1);
  return next(file, mode);
}

int fchown(int file, uid_t user, gid_t group) {
  NEXT(int, fchown, int, uid_t, gid_t);
  TURN(is_open(file), "fchown", "", CHANGE, -1);
  return next(file, user, group);
}

int chmod(const char *path, mode_t mode) {
  NEXT(int, chmod, const char *, mode_t);
  TURN(is_inside(path), "chmod", path, CHANGE, -1);
  return next(path, mode);
}

int lchown(const char *path, uid_t user, gid_t group) {
  NEXT(int, lchown, const char *, uid_t, gid_t);
  TURN(is_inside(path), "lchown", path, CHANGE, -1);
  return next(path, user, group);
}

int rename(const char *from, const char *to) {
  NEXT(int, rename, const char *, const char *);
  TURN(is_inside(to), "rename", to, CHANGE, -1);
  return next(from, to);
}

int renameat(int at, const char *from, int to_at, const char *to) {
  NEXT(int, renameat, int, const char *, int, const char *);
  TURN(is_inside_at(to_at, to), "rename", to, CHANGE, -1);
  return next(at, from, to_at, to);
}

int renameat2(int at, const char *from, int to_at, const char *to, unsigned int flags) {
  NEXT(int, renameat2, int, const char *, int, const char *, unsigned int);
  TURN(is_inside_at(to_at, to), "rename", to, CHANGE, -1);
  return next(at, from, to_at, to, flags);
}

int link(const char *from, const char *to) {
  NEXT(int, link, const char *, const char *);
  TURN(is_inside(to), "link", to, GROW, -1);
  return next(from, to);
}

int unlink(const char *path) {
  NEXT(int, unlink, const char *);
  TURN(is_inside(path), "unlink", path, CHANGE, -1);
  return next(path);
}

int unlinkat(int at, const char *path, int flags) {
  NEXT(int, unlinkat, int, const char *, int);
  TURN(is_inside_at(at, path), "unlink", path, CHANGE, -1);
  return next(at, path, flags);
}

int mkdir(const char *path, mode_t mode) {
  NEXT(int, mkdir, const char *, mode_t);
  TURN(is_inside(path), "mkdir", path, GROW, -1);
  return next(path, mode);
}

int bind(int socket, const struct sockaddr *address, socklen_t length) {
  NEXT(int, bind, int, const struct sockaddr *, socklen_t);
  const char *path = address->sa_family == AF_UNIX ? ((const struct sockaddr_un *)address)->sun_path : NULL;
  TURN(path && path[0] && is_inside(path), "bind", path, GROW, -1);
  return next(socket, address, length);
}

int statx(int at, const char *restrict path, int flags, unsigned int mask, struct statx *restrict result) {
  NEXT(int, statx, int, const char *, int, unsigned int, struct statx *);
  TURN(is_inside_at(at, path), "stat", path, LOOK, -1);
  return next(at, path, flags, mask, result);
}

#define STAT(function) \
  int function(const char *restrict path, struct stat64 *restrict result) { \
    NEXT(int, function, const char *, struct stat64 *); \
    TURN(is_inside(path), "stat", path, LOOK, -1); \
    return next(path, result); \
  }
STAT(stat64)
STAT(lstat64)

int fstat64(int file, struct stat64 *result) {
  NEXT(int, fstat64, int, struct stat64 *);
  TURN(is_open(file), "stat", "", LOOK, -1);
  return next(file, result);
}

int fstatat64(int at, const char *restrict path, struct stat64 *restrict result, int flags) {
  NEXT(int, fstatat64, int, const char *, struct stat64 *, int);
  TURN(is_inside_at(at, path), "stat", path, LOOK, -1);
  return next(at, path, result, flags);
}

ssize_t readlink(const char *restrict path, char *restrict target, size_t length) {
  NEXT(ssize_t, readlink, const char *, char *, size_t);
  TURN(is_inside(path), "readlink", path, LOOK, -1);
  return next(path, target, length);
}

char *realpath(const char *restrict path, char *restrict resolved) {
  NEXT(char *, realpath, const char *, char *);
  TURN(is_inside(path), "realpath", path, LOOK, NULL);
  return next(path, resolved);
}

DIR *opendir(const char *path) {
  NEXT(DIR *, opendir, const char *);
  int inside = is_inside(path);
  TURN(inside, "opendir", path, LOOK, NULL);
  DIR *opened = next(path);
  if (opened) track(dirfd(opened), inside);
  return opened;
}

struct dirent64 *readdir64(DIR *opened) {
  NEXT(struct dirent64 *, readdir64, DIR *);
  TURN(is_open(dirfd(opened)), "readdir", "", LOOK, NULL);
  return next(opened);
}

int closedir(DIR *opened) {
  NEXT(int, closedir, DIR *);
  track(dirfd(opened), 0);
  return next(opened);
}
