"""
The package on a bare Debian: contrib/deb.sh builds it there, it is installed, tried, removed and purged, and nothing stays but what is the user's.

The root is made by debootstrap with this machine's apt settings, in a folder of /var/tmp; what runs in there has a mount and a PID namespace of its own.
GOLUB_ROOT names a bare root (a folder) that is there already: it is copied. Twenty minutes at most; the target package-test.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

TOP = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
SUITE = "bookworm"
PARTS = ("auth.conf", "auth.conf.d", "keyrings", "trusted.gpg", "trusted.gpg.d")
KEEPS = "/root/.config /root/.local /root/Mail"  # the user's own
SKIPPED = 77

# In namespaces of its own: $1 is the root, what follows the command.
INSIDE = """set -e
root=$1
shift
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/dev/shm"
exec chroot "$root" env -i HOME=/root LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive \
    ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} "$@"
"""


def can_not():
    """Why no root can be made here; "": it can."""
    if os.getuid() != 0:
        return "only root can make a root"
    missing = [name for name in ("apt-get", "unshare", "chroot") if not shutil.which(name)]
    if not os.environ.get("GOLUB_ROOT") and not shutil.which("debootstrap"):
        missing.append("debootstrap")
    if missing:
        return "not here: " + ", ".join(missing)
    if subprocess.run(["unshare", "--mount", "--pid", "--fork", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True).returncode:
        return "mounting is not allowed here"
    return "" if sources() else "this machine's apt knows no Debian of the name " + SUITE


def sources():
    told = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages"],
                          capture_output=True, text=True).stdout
    return sorted({line for line in told.splitlines() if re.search(" %s(-updates|-security)? main$" % SUITE, line)})


class RootTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="golub-root-", dir="/var/tmp")
        cls.addClassCleanup(subprocess.run, ["rm", "-rf", "--one-file-system", cls.root])
        os.chmod(cls.root, 0o755)
        if os.environ.get("GOLUB_ROOT"):
            subprocess.run(["cp", "-a", os.environ["GOLUB_ROOT"] + "/.", cls.root], check=True)
        else:
            mirror = next(line.split()[0] for line in sources() if " %s main" % SUITE in line)
            result = subprocess.run(["debootstrap", "--variant=minbase", "--include=ca-certificates", SUITE, cls.root, mirror],
                                    capture_output=True, text=True)
            if result.returncode:
                raise unittest.SkipTest("debootstrap failed: " + result.stdout[-500:])
        etc = os.path.join(cls.root, "etc", "apt")
        for part in PARTS:
            path = os.path.join("/etc/apt", part)
            if os.path.isdir(path):
                shutil.copytree(path, os.path.join(etc, part), dirs_exist_ok=True)
            elif os.path.exists(path):
                shutil.copy(path, etc)
        with open(os.path.join(etc, "sources.list"), "w") as f:
            f.write("".join("deb %s\n" % line for line in sources()))
        settings = subprocess.run(["apt-config", "dump"], capture_output=True, text=True).stdout.splitlines()
        with open(os.path.join(etc, "apt.conf.d", "00machine"), "w") as f:
            f.write("\n".join(line for line in settings if line.startswith("Acquire::") and "::IndexTargets" not in line) + "\n")
        for name in ("resolv.conf", "hosts"):
            shutil.copy(os.path.join("/etc", name), os.path.join(cls.root, "etc", name))
        subprocess.run("mkdir root/golub && tar -C %s -cf - --exclude=./.git --exclude=./build . | tar -C root/golub --no-same-owner -xf -" % TOP,
                       shell=True, cwd=cls.root, check=True)

    def inside(self, command, expect=0):
        result = subprocess.run(["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", INSIDE, "sh", self.root, "sh", "-ec", command],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        print("$ %s\n%s" % (command, result.stdout[-1500:]), flush=True)
        if result.returncode != expect:
            self.fail("exit status %d of: %s\n%s" % (result.returncode, command, result.stdout[-6000:]))
        return result.stdout

    def apt(self, *words):
        return self.inside("apt-get -q -y -o Dpkg::Use-Pty=0 " + " ".join(words))

    def files(self):
        """What is there outside of caches, logs, dpkg's own notes and the user's home."""
        return set(self.inside("find / -xdev \\( -path /proc -o -path /dev -o -path /sys -o -path /tmp -o -path /root -o -path /var/cache -o "
                               "-path /var/log -o -path /var/lib/apt -o -path /var/lib/dpkg -o -path /run \\) -prune -o -print").splitlines())

    def test_a_bare_debian_builds_it_installs_it_and_is_rid_of_it_again(self):
        said = self.inside("cd /root/golub && sh contrib/deb.sh")
        package = re.search(r"Here it is: (\S+\.deb)", said).group(1)
        # What a machine with the package has beside it: pages, shells, and a server to walk to. Then the package's own needs.
        policy = os.path.join(self.root, "usr", "sbin", "policy-rc.d")
        with open(os.open(policy, os.O_WRONLY | os.O_CREAT, 0o755), "w") as f:
            f.write("#!/bin/sh\nexit 101\n")
        self.inside("rm -f /etc/dpkg/dpkg.cfg.d/*")
        self.apt("install", "--no-install-recommends", "man-db bash-completion zsh fish systemd dovecot-imapd openssl python3 strace ca-certificates",
                 "libsasl2-modules $(dpkg-deb -f %s Depends | sed 's/([^)]*)//g; s/,//g')" % package)
        before = self.files()

        self.apt("install", package)

        self.assertRegex(self.inside("golub --version"), r"^golub [0-9.]+\n$")
        for page in ("1 golub", "5 golub.conf", "7 golub-moving", "7 golub-firstaid", "7 golub-policies"):
            self.assertIn("NAME", self.inside("man -P cat %s" % page))
        self.inside("test -z \"$(find /etc/systemd /root/.config -name '*golub*' 2>/dev/null)\"")
        self.completions()
        self.inside("cd /root/golub && debian/tests/walk")
        self.inside("mkdir -p %s && touch /root/.config/mine /root/.local/mine /root/Mail/mine" % KEEPS)

        self.apt("remove", "golub")
        self.assertEqual(self.inside("command -v golub || echo none").strip(), "none")
        self.apt("purge", "golub")

        self.assertEqual(sorted(self.files() - before), [])
        self.assertEqual(sorted(before - self.files()), [])
        self.inside("ls /root/.config/mine /root/.local/mine /root/Mail/mine")

    def completions(self):
        """Each shell finds its own by itself, where the package put it."""
        self.assertIn("verify", self.inside("fish -c 'complete -C \"golub ver\"'"))
        self.assertIn("_golub", self.inside("zsh -c 'autoload -Uz compinit && compinit -u -D && echo $_comps[golub]'"))
        self.assertIn("_golub", self.inside("bash -c '. /usr/share/bash-completion/bash_completion; _completion_loader golub; complete -p golub'"))


if __name__ == "__main__":
    reason = can_not()
    if reason:
        print("Skipped: " + reason)
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
