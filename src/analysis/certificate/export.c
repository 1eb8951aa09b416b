#include "export.h"

#include "base/digits.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/pem.h>

enum { FILE_MODE = 0644, SHA256_LEN = 32, NAME_ROOM = 69 /* 64 digits, ".pem" and NUL */ };

static bool write_all(int file, const char *text, long len)
{
    while (len > 0) {
        ssize_t written = write(file, text, (size_t)len);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        text += written > 0 ? written : 0;
        len -= written > 0 ? written : 0;
    }
    return true;
}

static bool write_pem(int file, struct ht_bytes der)
{
    BIO *out   = der.len <= LONG_MAX ? BIO_new(BIO_s_mem()) : NULL;
    char *text = NULL;
    bool made  = out != NULL && PEM_write_bio(out, PEM_STRING_X509, "", der.ptr, (long)der.len) > 0;
    long len   = made ? BIO_get_mem_data(out, &text) : 0;
    errno      = ENOMEM; /* where it was not made */
    bool done  = made && write_all(file, text, len);
    int reason = errno;
    (void)BIO_free(out);
    errno = reason;
    return done;
}

bool certificate_export(int folder, struct ht_bytes sha256, struct ht_bytes der)
{
    char name[NAME_ROOM];
    if (sha256.len > SHA256_LEN) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(ht_put_hex(name, sha256), ".pem", sizeof ".pem");
    /* Another worker may have written it. */
    int file = openat(folder, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, FILE_MODE);
    if (file < 0) {
        return errno == EEXIST;
    }
    bool done  = write_pem(file, der);
    int reason = errno;
    if (close(file) != 0 && done) {
        done   = false;
        reason = errno;
    }
    if (!done) {
        (void)unlinkat(folder, name, 0);
    }
    errno = reason;
    return done;
}
