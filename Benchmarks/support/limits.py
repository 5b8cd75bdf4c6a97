"""Lower bounds for any proxy on this machine: the speed of the cipher, and the cryptography of a handshake."""
import re, subprocess


def speed(core, *arguments):
    return subprocess.run(["taskset", "-c", str(core), "openssl", "speed", "-seconds", "1", *arguments], check=True, capture_output=True,
                          text=True).stdout


def cipher_microseconds(core):
    """The cost of decrypting and encrypting a byte once, in records of 16 KiB."""
    total = 0
    for direction in ([], ["-decrypt"]):
        last = speed(core, "-bytes", "16384", "-evp", "aes-128-gcm", *direction).split()[-1]
        total += 1 / (float(last.rstrip("k")) * 1000)
    return total * 1e6


def handshake_microseconds(core):
    """A signature with ECDSA P-256, a key pair and a shared secret of X25519: the server's part of a full handshake."""
    signatures = float(re.search(r"ecdsa \(nistp256\)\s+\S+\s+\S+\s+([\d.]+)", speed(core, "ecdsap256")).group(1))
    secrets = float(re.search(r"ecdh \(X25519\)\s+\S+\s+([\d.]+)", speed(core, "ecdhx25519")).group(1))
    # The key pair costs the same multiplication as the secret, of the base point.
    return 1e6 / signatures + 2e6 / secrets
