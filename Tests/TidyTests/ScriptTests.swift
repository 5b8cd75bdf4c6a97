import Testing

@Suite(.timeLimit(.minutes(5))) struct ScriptTests {
    private static func isScript(_ text: String) -> Bool { text.hasPrefix("#!") }

    @Test func everyScriptCanBeRun() {
        let scripts = Repository.files.filter { ScriptTests.isScript(Repository.text(of: $0)) }
        #expect(scripts.contains("certs/make-certs"))
        #expect(scripts.contains("scripts/test"))
        for path in scripts { #expect(Repository.isExecutable(path), "chmod +x \(path)") }
    }

    @Test func onlyScriptsCanBeRun() {
        for path in Repository.files where Repository.isExecutable(path) {
            #expect(ScriptTests.isScript(Repository.text(of: path)), "\(path) has the run bit and no #! line")
        }
    }
}
