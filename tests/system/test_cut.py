"""
The connection is cut after so many bytes, in either direction, at places spread over a recorded session that does something of
everything: exactly so much is passed on and both ends are reset. The next syncs must end as if nothing had happened.

GOLUB_NIGHTLY=1 cuts at many more places.
"""
from base import NETWORK, OK, PASSWORD, SOME, Proxy, SystemTest, main, only_shown
from rig import scenes

NIGHTLY_CUTS = 1000


class CutTest(scenes.SceneTest, SystemTest):
    password = PASSWORD
    cuts = 40  # both directions together

    @staticmethod
    def shown_tree(client):
        return only_shown(client.tree())

    def record(self):
        """@return bytes of one undisturbed sync: up, down"""
        self.stage.bring(self.beginning)
        self.proxy.reset()
        self.check(self.account.sync(), OK)
        self.assertEqual(self.proxy.stats["conns"], 1)
        return self.proxy.stats["up"], self.proxy.stats["down"]

    def cut(self, way, at):
        with Proxy(self.server.port, times=1, **{"cut_" + way: at}) as proxy:
            self.account.set(server="imap://127.0.0.1:%d" % proxy.port)
            result = self.account.sync(env={"ASAN_OPTIONS": "exitcode=99:detect_leaks=0"})
            self.account.set(server="imap://127.0.0.1:%d" % self.proxy.port)
            self.story.append("cut: %s%r" % (result, proxy.dialogue[-6:]))
            if proxy.stats["cuts"]:
                self.assertIn(result.code, (NETWORK, SOME, OK), "\n".join(self.story))
            else:
                self.assertEqual(result.code, OK, "\n".join(self.story))

    def places(self):
        up, down = self.record()
        count = NIGHTLY_CUTS if scenes.NIGHTLY else self.cuts
        half = count // 2
        # The last bytes matter as much as the first: LOGOUT and what comes after the work is done.
        return [(way, 1 + i * (size - 1) // (half - 1)) for way, size in (("up", up), ("down", down)) for i in range(half)]

    def sweep(self, scene):
        self.given(scene)
        places = self.places()
        for way, at in places:
            self.attempt("byte %d %s" % (at, way), lambda: self.cut(way, at))
        self.the_rest()
        self.tell("%s: %d cuts" % (scene.__name__, len(places)))

    def test_something_of_everything(self):
        self.sweep(scenes.everything)


class PoorServerCutTest(CutTest):
    """Without UIDPLUS, MOVE and the rest: what the server did has to be found out."""
    server_options = {"capability": "IMAP4rev1", "format": "maildir", "special_use": False}
    cuts = 16


if __name__ == "__main__":
    main()
