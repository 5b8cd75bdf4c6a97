"""Installs missing Debian packages of other proxies and tools."""
import os, shutil, subprocess

COMMANDS = {
    "nginx-light": "nginx", "iproute2": "ip", "nghttp2-client": "h2load", "etcd-server": "etcd", "etcd-client": "etcdctl",
    "iputils-arping": "arping",
}


class Missing(Exception):
    """A package that can't be installed here, with the reason."""


def find(command):
    return shutil.which(command, path=os.environ["PATH"] + ":/usr/sbin:/sbin")


def install(*packages):
    missing = [p for p in packages if not find(COMMANDS.get(p, p))]
    if not missing:
        return
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    names = " and ".join(missing)
    if not find("apt-get") or sudo and not find("sudo"):
        raise Missing(f"{names} can't be installed without root and apt-get")
    # The packages start services of their own. This policy prevents that.
    policy = "/usr/sbin/policy-rc.d"
    made = not os.path.exists(policy)

    def run(*command):
        subprocess.run([*sudo, *command], check=True, capture_output=True, text=True)

    try:
        if made:
            run("sh", "-c", f"printf '#!/bin/sh\\nexit 101\\n' > {policy}; chmod +x {policy}")
        run("apt-get", "update", "-q")
        run("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-q", "--no-install-recommends", *missing)
    except subprocess.CalledProcessError as error:
        raise Missing(f"{names} could not be installed: {error.stderr.strip()[-200:]}")
    finally:
        if made:
            run("rm", "-f", policy)
