import Testing

/// Recognition of a sanitizer's report.
@Suite struct SanitizerTests {
    @Test(arguments: [
        "==42==ERROR: AddressSanitizer: heap-use-after-free on address 0x6020 at pc 0x55",
        "==42==ERROR: LeakSanitizer: detected memory leaks",
        "WARNING: ThreadSanitizer: data race (pid=42)",
        "main.c:3:7: runtime error: signed integer overflow",
    ])
    func reportsAreFound(_ line: String) {
        #expect(Sanitizer.report(in: "info: started\n\(line)\nat f\n") == "\(line)\nat f\n")
    }

    @Test(arguments: [
        "", "error: no certificate", "ERROR: the port is taken", "WARNING: late", "the AddressSanitizer is on",
    ])
    func otherLinesAreNone(_ line: String) {
        #expect(Sanitizer.report(in: "\(line)\n") == nil)
    }
}
