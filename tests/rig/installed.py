"""A golub that is installed below a DESTDIR, by the rules of the build folder that GOLUB_BUILD names, and taken away again."""
import os
import subprocess

from . import scratch

NOTES = ("install_manifest.txt", "install_folders.txt")  # of the build folder: what was installed from it


class Installed:
    """`with Installed() as it`: it.root is the DESTDIR, it.path(…) what lies below the prefix in it."""

    def __init__(self, prefix="/usr/local"):
        self.build = os.environ["GOLUB_BUILD"]
        self.prefix = prefix
        self.root = scratch.make("installed")
        self.kept = {}

    def __enter__(self):
        for name in NOTES:  # somebody's own installation from this build folder stays known
            path = os.path.join(self.build, name)
            if os.path.exists(path):
                with open(path, "rb") as f:
                    self.kept[name] = f.read()
                os.unlink(path)
        return self

    def __exit__(self, *_):
        for name in NOTES:
            path = os.path.join(self.build, name)
            if name in self.kept:
                with open(path, "wb") as f:
                    f.write(self.kept[name])
            elif os.path.exists(path):
                os.unlink(path)
        scratch.remove(self.root)

    def path(self, *names):
        return os.path.join(self.root + self.prefix, *names)

    def run(self, *words):
        return subprocess.run(words, env={**os.environ, "DESTDIR": self.root}, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, umask=0o077)

    def install(self, prefix=None):
        """As somebody would whose files nobody else may read."""
        return self.run("cmake", "--install", self.build, "--prefix", prefix or self.prefix)

    def uninstall(self):
        return self.run("cmake", "--build", self.build, "--target", "uninstall")

    def files(self):
        """Everything below the DESTDIR: files by their path from the prefix on, folders with a slash behind them."""
        found = []
        for folder, folders, names in os.walk(self.root):
            found += [os.path.join(folder, name) for name in names] + [os.path.join(folder, name, "") for name in folders]
        top = self.root + self.prefix + "/"
        return sorted(path[len(top):] if path.startswith(top) and path != top else path[len(self.root):] for path in found)
