"""A wall clock that leaps, for the programs of one host. libfaketime makes it; the clocks without date stay real."""
import glob, os, shutil, subprocess, tempfile, time


class FakeClock:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="understudy-clock-")
        # Only faketime itself makes the shared memory without which a program's arguments would move.
        with open(f"{self.folder}/shared", "w") as shared:
            self.keeper = subprocess.Popen(["faketime", "-f", "+0", "sh", "-c", 'echo "$FAKETIME_SHARED"; exec sleep 1000'], stdout=shared,
                                           stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, start_new_session=True)
        while not (name := open(f"{self.folder}/shared").read()).endswith("\n"):
            time.sleep(0.02)
        library = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")[0]
        self.launcher = ["env", f"FAKETIME_SHARED={name.strip()}", f"LD_PRELOAD={library}",
                         f"FAKETIME_TIMESTAMP_FILE={self.folder}/clock", "FAKETIME_CACHE_DURATION=1", "FAKETIME_DONT_FAKE_MONOTONIC=1"]
        self.leap("+0")

    def leap(self, offset):
        with open(f"{self.folder}/clock", "w") as file:
            file.write(offset + "\n")

    def stop(self):
        try:
            os.killpg(self.keeper.pid, 9)
        except OSError:
            pass
        self.keeper.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
