"""A certificate authority for one test: good certificates for the loopback, and the bad ones a client must refuse."""
import hashlib
import os
import subprocess


def _openssl(*args, stdin=None):
    done = subprocess.run(["openssl", *args], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    if done.returncode != 0:
        raise RuntimeError("openssl %s: %s" % (args[0], done.stderr.decode(errors="replace")))
    return done.stdout


class Authority:
    """Keys and certificates below `folder`; `ca` is the file that a client is told to trust."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        self.ca = os.path.join(folder, "ca.pem")
        self.ca_key = os.path.join(folder, "ca.key")
        if not os.path.exists(self.ca):
            self._key(self.ca_key)
            _openssl("req", "-x509", "-new", "-key", self.ca_key, "-days", "3650", "-subj", "/CN=golub test authority",
                     "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-out", self.ca)

    def _key(self, path):
        _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path)

    def certificate(self, name, san="DNS:localhost,IP:127.0.0.1", expired=False, self_signed=False, early=False, subject="localhost", rsa=False):
        """Make name.pem and name.key. early: not yet valid. @return (certificate file, key file)"""
        cert, key = (os.path.join(self.folder, name + end) for end in (".pem", ".key"))
        if rsa:
            _openssl("genrsa", "-out", key, "2048")
        else:
            self._key(key)
        if self_signed:
            _openssl("req", "-x509", "-new", "-key", key, "-days", "3650", "-subj", "/CN=localhost",
                     "-addext", "subjectAltName=" + san, "-out", cert)
            return cert, key
        request = os.path.join(self.folder, name + ".csr")
        _openssl("req", "-new", "-key", key, "-subj", "/CN=" + subject, "-out", request)
        # `openssl ca` is the only one of its commands that takes both dates.
        config = os.path.join(self.folder, name + ".cnf")
        with open(config, "w") as f:
            f.write("[ca]\ndefault_ca=d\n[d]\ndatabase=%s\nrand_serial=yes\nunique_subject=no\ndefault_md=sha256\n"
                    "policy=p\nx509_extensions=x\n[p]\ncommonName=supplied\n"
                    "[x]\n%sbasicConstraints=CA:FALSE\n" % (config + ".db", "subjectAltName=%s\n" % san if san else ""))
        open(config + ".db", "w").close()
        start, end = "20450101000000Z" if early else "20200101000000Z", "20200201000000Z" if expired else "20490101000000Z"
        _openssl("ca", "-batch", "-notext", "-config", config, "-in", request, "-cert", self.ca, "-keyfile", self.ca_key,
                 "-startdate", start, "-enddate", end, "-outdir", self.folder, "-out", cert)
        return cert, key

    @staticmethod
    def fingerprint(cert):
        """SHA-256 of the public key (SPKI), hex: what `tls-fingerprint` takes."""
        public = _openssl("x509", "-in", cert, "-noout", "-pubkey")
        return hashlib.sha256(_openssl("pkey", "-pubin", "-outform", "DER", stdin=public)).hexdigest()
