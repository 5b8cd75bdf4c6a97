import Testing

@Suite(.timeLimit(.minutes(5))) struct ImportRuleTests {
    @Test func everyModuleImportsOnlyAllowedModules() {
        let sources = Repository.files(in: "Sources/", endingWith: ".swift")
        #expect(sources.count > 100)
        for path in sources {
            #expect(ImportRules.violations(in: path, Repository.text(of: path)) == [])
        }
    }

    @Test func everyModuleOfTheRulesExists() {
        for module in ImportRules.allowed.keys {
            #expect(!Repository.files(in: "Sources/\(module)/").isEmpty, "\(module)")
        }
        for path in ImportRules.exceptions.keys { #expect(Repository.exists(path)) }
    }

    @Test(arguments: [
        ("Sources/Cluster/X.swift", "import Glibc"),
        ("Sources/HTTP/X.swift", "internal import Sockets"),
        ("Sources/HTTP/X.swift", "let a = 1; import Foundation"),
        ("Sources/Proxy/X.swift", "@preconcurrency private import Foundation"),
        ("Sources/Proxy/X.swift", "    private import COpenSSL"),
        ("Sources/Proxy/X.swift", "import struct Glibc.stat"),
        ("Sources/Connections/X.swift", "package import Cluster"),
        ("Sources/Connections/X.swift", "internal import CLinux"),
        ("Sources/ControlPlane/X.swift", "private import FoundationEssentials"),
        ("Sources/ControlPlane/X.swift", "#if TLS\n    internal import COpenSSL\n#endif"),
        ("Sources/Tasks/X.swift", "import Worker"),
        ("Sources/Worker/X.swift", "@testable import Balancer"),
        ("Sources/Unheard/X.swift", ""),
    ]) func anImportThatIsNotAllowedIsFound(path: String, text: String) {
        #expect(ImportRules.violations(in: path, text).count == 1)
    }

    @Test func importsAreRead() {
        let text =
            "// import Comment\nimport A\n@_exported public import B.C\nlet important = \"import\"\nimport func D.e"
        #expect(ImportRules.imports(in: text) == ["A", "B", "D"])
    }
}
