/*
 * Trust anchors as they lie in files. Only bytes are read here, since later no file can be opened;
 * what they mean is for anchors.c.
 */
#include "analysis/chain/trust.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/x509.h>

enum { MAX_BYTES = 64 << 20, BLOCK = 65536 };

static const char certificate_begins[] = "-----BEGIN CERTIFICATE-----";
static const char trusted_begins[]     = "-----BEGIN TRUSTED CERTIFICATE-----";

static bool fail_with_errno(struct ht_error *error, const char *path)
{
    return ht_fail(error, "%s: %s", path, strerror(errno));
}

static bool append(struct ht_trust *trust, const void *bytes, size_t len, const char *path,
                   struct ht_error *error)
{
    return ht_buffer_append(&trust->pem, ht_bytes(bytes, len)) ||
           ht_fail(error, "%s: more than %d MB of trust anchors", path, MAX_BYTES >> 20);
}

static bool read_open_file(struct ht_trust *trust, int fd, const char *path, struct ht_error *error)
{
    char block[BLOCK];
    ssize_t got = 0;
    bool fits   = true;
    while (fits && (got = read(fd, block, sizeof block)) > 0) {
        fits = append(trust, block, (size_t)got, path, error);
    }
    if (got < 0) {
        return fail_with_errno(error, path);
    }
    return fits && append(trust, "\n", 1, path, error);
}

static bool read_file(struct ht_trust *trust, int folder, const char *name, const char *path,
                      struct ht_error *error)
{
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return fail_with_errno(error, path);
    }
    bool done = read_open_file(trust, fd, path, error);
    (void)close(fd);
    return done;
}

static bool is_file(int folder, const char *name)
{
    struct stat status;
    return name[0] != '.' && fstatat(folder, name, &status, 0) == 0 && S_ISREG(status.st_mode);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* In the order of names, so that a run is like the one before. */
static bool read_folder(struct ht_trust *trust, const char *path, struct ht_error *error)
{
    struct dirent **entries = NULL;
    int folder              = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int num                 = folder < 0 ? -1 : scandirat(folder, ".", &entries, NULL, by_name);
    bool done               = num >= 0 || fail_with_errno(error, path);
    for (int i = 0; i < num; i++) {
        const char *name = entries[i]->d_name;
        done = done && (!is_file(folder, name) || read_file(trust, folder, name, name, error));
        free(entries[i]);
    }
    free(entries);
    if (folder >= 0) {
        (void)close(folder);
    }
    return done;
}

static bool holds_certificate(const struct ht_buffer *pem)
{
    return pem->len > 0 &&
           (memmem(pem->ptr, pem->len, certificate_begins, strlen(certificate_begins)) != NULL ||
            memmem(pem->ptr, pem->len, trusted_begins, strlen(trusted_begins)) != NULL);
}

static bool read_path(struct ht_trust *trust, const char *path, struct ht_error *error)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        return fail_with_errno(error, path);
    }
    bool done = S_ISDIR(status.st_mode) ? read_folder(trust, path, error)
                                        : read_file(trust, AT_FDCWD, path, path, error);
    return done && (holds_certificate(&trust->pem) ||
                    ht_fail(error, "%s: no certificate in PEM is in it", path));
}

/* Where the system keeps its anchors: as OpenSSL was told, as distributions do, as it was built. */
static const char *system_store(void)
{
    const char *const places[] = {getenv(X509_get_default_cert_file_env()),
                                  "/etc/ssl/certs/ca-certificates.crt",
                                  "/etc/pki/tls/certs/ca-bundle.crt", X509_get_default_cert_file(),
                                  X509_get_default_cert_dir()};
    for (size_t i = 0; i < HT_ARRAY_LEN(places); i++) {
        if (places[i] != NULL && access(places[i], R_OK) == 0) {
            return places[i];
        }
    }
    return NULL;
}

struct ht_trust *ht_trust_none(void)
{
    struct ht_trust *trust = calloc(1, sizeof *trust);
    if (trust != NULL) {
        trust->pem.max = MAX_BYTES;
    }
    return trust;
}

struct ht_trust *ht_trust_open(const char *path, struct ht_error *error)
{
    const char *place      = path != NULL ? path : system_store();
    struct ht_trust *trust = place != NULL ? ht_trust_none() : NULL;
    if (trust == NULL) {
        (void)ht_fail(error, place != NULL ? "out of memory" : "the system has no trust anchors");
        return NULL;
    }
    trust->system = path == NULL;
    if (!read_path(trust, place, error)) {
        ht_trust_free(trust);
        return NULL;
    }
    return trust;
}

void ht_trust_free(struct ht_trust *trust)
{
    if (trust != NULL) {
        ht_buffer_free(&trust->pem);
        free(trust);
    }
}
