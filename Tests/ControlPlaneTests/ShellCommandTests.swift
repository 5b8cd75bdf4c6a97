import Testing

@testable import ControlPlane

/// Which commands of `--on-takeover` are refused at the start.
@Suite struct ShellCommandTests {
    @Test(arguments: [
        "/bin/sh -c true", "sh -c true", "  sh", "true", ":", "[ -d / ] && sh", "exec sh", "cd / && sh",
        "if true; then sh; fi", "sh;", "sh>/dev/null", "A=1 nothing-to-find", "$HOME/nothing", "'/no such' program",
        "(nothing-to-find)", "",
        "~/nothing", "# nothing",
    ])
    func `A command that the shell may find is accepted`(text: String) {
        #expect(ShellCommand(text).problem(path: "/usr/bin:/bin") == nil)
    }

    @Test(arguments: [
        ("/no/such/program up", "/no/such/program is no file"), ("./nothing-to-find", "./nothing-to-find is no file"),
        ("/etc/passwd", "/etc/passwd is no file"), ("/tmp", "/tmp is no file"),
        ("nothing-to-find up", "nothing-to-find is in no folder of PATH"), ("nothing-to-find;", "is in no folder"),
        ("nothing-to-find&", "is in no folder"),
    ])
    func `A command without its program is refused, with the program's name`(text: String, says: String) {
        #expect(ShellCommand(text).problem(path: "/usr/bin:/bin")?.contains(says) == true)
    }
}
