"""
Tokens that a Dovecot takes: a server that knows which are good, on the loopback, and what Dovecot has to be told of it.

A token is good while it is in `good`; its user is the value. Every token that was asked about stands in `asked`, in order.
"""
import http.server
import json
import os
import threading
import urllib.parse

from rig import scratch
from rig.dovecot import Dovecot

MECHANISMS = ("plain", "login", "scram-sha-256", "xoauth2", "oauthbearer")


class Tokens:
    def __init__(self, folder):
        self.good, self.asked = {}, []
        tokens = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                token = urllib.parse.unquote(self.path.rpartition("=")[2])
                tokens.asked.append(token)
                user = tokens.good.get(token)
                body = json.dumps({"email": user, "active": "true"} if user else {"error": "invalid_token"}).encode()
                self.send_response(200 if user else 401)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.conf = os.path.join(folder, "oauth2.conf")
        with open(self.conf, "w") as f:
            f.write("tokeninfo_url = http://127.0.0.1:%d/?token=\nusername_attribute = email\nactive_attribute = active\n"
                    "active_value = true\nforce_introspection = no\n" % self._server.server_address[1])
        os.chmod(self.conf, 0o644)

    def extra(self):
        """For Dovecot(extra=...); its `mechanisms` name xoauth2 and oauthbearer, too."""
        return "passdb {\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = %s\n}\n" % self.conf

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


class TokenDovecot(Dovecot):
    """A Dovecot that takes tokens beside passwords."""

    def __init__(self, **options):
        self.token_folder = scratch.make("tokens")
        os.chmod(self.token_folder, 0o755)
        self.tokens = Tokens(self.token_folder)
        super().__init__(mechanisms=MECHANISMS, extra=self.tokens.extra(), **options)

    def stop(self):
        super().stop()
        self.tokens.stop()
        scratch.remove(self.token_folder)
