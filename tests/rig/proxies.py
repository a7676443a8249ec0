"""What stands before a server: proxies and TLS terminators, each before a private Dovecot. The second client goes around them."""
import os
import pwd
import socket
import time

from . import dovecots
from .daemon import Daemon


class Before(Daemon):
    """behind: the Dovecot, whose users, passwords and certificate count."""
    @classmethod
    def fetch(cls):
        dovecots.DovecotServer.fetch()
        super().fetch()

    def start(self):
        self.fetch()
        self.behind = dovecots.DovecotMdbox()
        self.behind.start()
        return super().start()

    def stop(self):
        super().stop()
        self.behind.stop()

    @property
    def direct(self):
        return self.behind.port

    def program(self):
        return os.path.join(self.root(), self.programs[0])

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as f:
            f.write(text)
        return path


class Perdition(Before):
    name, programs = "perdition", ("usr/sbin/perdition",)
    packages = ("perdition", "libpopt0", "libvanessa-logger0", "libvanessa-adt1", "libvanessa-socket2", "libidn12")
    wrong = "says CAPABILITY of its own before login, and passes on what comes after"

    def command(self):
        return [self.program(), "--protocol", "IMAP4", "--no_daemon", "--config_file", "/dev/null", "--bind_address", "127.0.0.1",
                "--listen_port", str(self.port), "--outgoing_server", "127.0.0.1", "--outgoing_port", str(self.behind.port),
                "--map_library", "", "--ssl_mode", "none", "--pid_file", os.path.join(self.folder, "pid"), "--log_facility", "-"]


class Nginx(Before):
    name, programs, ports = "nginx", ("usr/sbin/nginx",), 2
    packages = ("nginx", "nginx-common", "libnginx-mod-mail", "libpcre2-8-0")
    wrong = "says CAPABILITY of its own before login"

    def configure(self):
        user = "user root;\n" if os.getuid() == 0 else ""
        temps = "".join("  %s_temp_path %s/%s;\n" % (n, self.folder, n) for n in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        self.write("conf", "%sdaemon off;\nmaster_process off;\npid %s/pid;\nerror_log stderr;\n"
                   "load_module %s/usr/lib/nginx/modules/ngx_mail_module.so;\nevents {\n}\n"
                   "http {\n%s  access_log off;\n  server {\n    listen 127.0.0.1:%d;\n    location / {\n      add_header Auth-Status OK;\n"
                   "      add_header Auth-Server 127.0.0.1;\n      add_header Auth-Port %d;\n      return 204;\n    }\n  }\n}\n"
                   "mail {\n  server_name localhost;\n  auth_http 127.0.0.1:%d/;\n  imap_auth plain login;\n"
                   "  server {\n    listen 127.0.0.1:%d;\n    protocol imap;\n  }\n}\n"
                   % (user, self.folder, self.root(), temps, self.all_ports[1], self.behind.port, self.all_ports[1], self.port))

    def command(self):
        return [self.program(), "-e", "stderr", "-p", self.folder, "-c", os.path.join(self.folder, "conf")]


class ImapProxy(Before):
    """imapproxy, which keeps the connections of those who log out for those who come back."""
    name, programs = "imapproxy", ("usr/sbin/imapproxyd",)
    packages = ("imapproxy", "libwrap0", "libnsl2", "libtirpc3")
    select_cache = "no"
    wrong = "keeps connections open, in whatever state they were left"

    def configure(self):
        nobody = "nobody" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name  # it refuses to be root
        self.write("conf", "server_hostname 127.0.0.1\nserver_port %d\nlisten_address 127.0.0.1\nlisten_port %d\nconnect_retries 3\nconnect_delay 1\n"
                   "cache_size 512\ncache_expiration_time 300\nproc_username %s\nproc_groupname %s\nstat_filename %s/stats\n"
                   "protocol_log_filename %s/protocol\nsyslog_facility LOG_MAIL\nsend_tcp_keepalives no\nenable_select_cache %s\n"
                   "foreground_mode yes\nforce_tls no\nenable_admin_commands no\nchroot_directory %s\n"
                   % (self.behind.port, self.port, nobody, "nogroup" if os.getuid() == 0 else nobody, self.folder, self.folder, self.select_cache,
                      self.folder))

    def command(self):
        return [self.program(), "-f", os.path.join(self.folder, "conf"), "-p", os.path.join(self.folder, "pid")]


class ImapProxySelectCache(ImapProxy):
    select_cache = "yes"
    wrong = "answers SELECT from its memory: mail that came since is not there"


class OverTls(Before):
    tls, greeting = True, b""
    scheme_of_tls = "IMAPS"

    @property
    def account(self):
        return {"tls": None, "tls-ca-file": self.behind.server.ca}

    @property
    def beside(self):
        return ("SSLType " + self.scheme_of_tls, "CertificateFile " + self.behind.server.ca, "AuthMechs LOGIN")

    def certificate(self):
        """Certificate and key in one file."""
        text = ""
        for path in (self.behind.server.certificate, self.behind.server.key):
            with open(path) as f:
                text += f.read()
        return self.write("pem", text)


class HaproxyTls(OverTls):
    name, programs = "haproxy", ("usr/sbin/haproxy",)
    packages = ("haproxy", "liblua5.3-0", "libopentracing1", "libopentracing-c-wrapper0", "libpcre2-8-0")
    wrong = "ends TLS and passes everything on"

    def configure(self):
        self.write("conf", "global\n  maxconn 100\ndefaults\n  mode tcp\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\n"
                   "frontend imaps\n  bind 127.0.0.1:%d ssl crt %s\n  default_backend dovecot\nbackend dovecot\n  server one 127.0.0.1:%d\n"
                   % (self.port, self.certificate(), self.behind.port))

    def command(self):
        return [self.program(), "-db", "-f", os.path.join(self.folder, "conf")]

    def answers(self, seconds=20):
        return listens(self, seconds)


class StunnelTls(OverTls):
    name, programs = "stunnel", ("usr/bin/stunnel4",)
    packages = ("stunnel4", "libwrap0", "libnsl2", "libtirpc3")
    wrong = "ends TLS and passes everything on"
    lines = ""

    def configure(self):
        self.write("conf", "foreground = yes\npid =\nsyslog = no\n[imap]\naccept = 127.0.0.1:%d\nconnect = 127.0.0.1:%d\ncert = %s\n%s"
                   % (self.port, self.behind.port, self.certificate(), self.lines))

    def command(self):
        return [self.program(), os.path.join(self.folder, "conf")]

    def answers(self, seconds=20):
        return listens(self, seconds)


class StunnelStarttls(StunnelTls):
    """It offers STARTTLS in the server's greeting and answers it."""
    tls, scheme_of_tls = False, "STARTTLS"
    lines = "protocol = imap\n"
    wrong = "writes STARTTLS into the server's CAPABILITY and answers that command itself"


def listens(server, seconds):
    """For what greets with TLS alone: somebody takes a connection."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and server.process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", server.port), timeout=5):
                return True
        except OSError:
            time.sleep(0.05)
    return False


ALL = (Perdition, Nginx, ImapProxy, ImapProxySelectCache, HaproxyTls, StunnelTls, StunnelStarttls)
