import Testing

/// Objects hold little state, and each class holds it in one file.
@Suite(.timeLimit(.minutes(5))) struct StateTests {
    private static let limit = 20
    private static let classes = Repository.files(in: "Sources/", endingWith: ".swift")
        .flatMap { SwiftClass.all(in: Repository.text(of: $0), of: $0) }

    /// The variables of superclasses count too.
    @Test func noObjectHoldsTooMuchState() {
        #expect(StateTests.classes.count > 50)
        for found in StateTests.classes {
            let count = found.allStoredVariables(among: StateTests.classes).count
            #expect(
                count <= StateTests.limit, "\(found.name) of \(found.path) stores \(count) variables: extract a value")
        }
    }

    /// An extension in another file opens the private state of its class to the module.
    @Test func noFurtherFileExtendsAClassOfAnotherFile() {
        let files = Dictionary(StateTests.classes.map { ($0.name, $0.path) }, uniquingKeysWith: { first, _ in first })
        var found: Set<String> = []
        for path in Repository.files(in: "Sources/", endingWith: ".swift") {
            let types = SwiftClass.extended(in: Repository.text(of: path))
            if types.contains(where: { files[$0].map { $0 != path } ?? false }) { found.insert(path) }
        }
        #expect(found.subtracting(StateTests.known).isEmpty, "extract a value instead of extending the class")
        #expect(StateTests.known.subtracting(found).isEmpty, "remove from the list what no longer extends a class")
    }

    /// The files that already did when the rule began.
    private static let known: Set<String> = [
        "Sources/Balancing/LoadBalancer+Requests.swift",
        "Sources/Connections/DownstreamConnection+Ending.swift",
        "Sources/Connections/DownstreamConnection+Input.swift",
        "Sources/Connections/DownstreamConnection+Memory.swift",
        "Sources/Connections/DownstreamConnection+Response.swift",
        "Sources/Connections/EventLoop+Deadline.swift",
        "Sources/Connections/HTTP2Connection+Events.swift",
        "Sources/Connections/HTTP2Connection+Memory.swift",
        "Sources/Connections/HTTP2Connection+Time.swift",
        "Sources/Connections/HTTP2Stream+Request.swift",
        "Sources/Connections/HTTP2Stream+Response.swift",
        "Sources/Connections/UpstreamConnection+Input.swift",
        "Sources/Connections/UpstreamConnection+Output.swift",
        "Sources/ControlPlane/Balancer/BalancerControl+Endpoints.swift",
        "Sources/ControlPlane/Balancer/BalancerControl+Probing.swift",
        "Sources/ControlPlane/Balancer/BalancerControl+Views.swift",
        "Sources/ControlPlane/ClusterPort/ControlPort+Services.swift",
        "Sources/HTTP2/HTTP2ClientSession+Callbacks.swift",
        "Sources/HTTP2/HTTP2Session+Callbacks.swift",
        "Sources/HTTP2/HTTP2Session+Frames.swift",
        "Sources/Sockets/LiveObject.swift",
        "Sources/Tasks/TaskExchange+Answers.swift",
        "Sources/Tasks/TaskExchange+File.swift",
        "Sources/Tasks/TaskExchange+Reverse.swift",
        "Sources/Tasks/TaskExchange+Streams.swift",
    ]

    @Test func storedVariablesAreCounted() {
        let text = """
            package final class Example: Base {
                private(set) var stored = 0
                @Late weak var late: Other?
                var observed: Int {
                    didSet { note() }
                }
                var computed: Int { 1 }
                var written: Int {
                    get { 1 }
                }
                let constant = 2
                static var shared = 3
                override var inherited: Int { 4 }
                var body = { 5 }
                final class Inner {
                    var own = 6
                }
                func run() {
                    var local = 7
                }
            }
            open class Base: Root {
                var given = 8
            }
            class Root {
                var first = 9
            }
            """
        let found = SwiftClass.all(in: text, of: "Example.swift")
        #expect(found.map(\.name) == ["Example", "Inner", "Base", "Root"])
        let own = ["stored", "late", "observed", "body"]
        #expect(found.map(\.storedVariables) == [own, ["own"], ["given"], ["first"]])
        #expect(found.first?.allStoredVariables(among: found) == own + ["given", "first"])
        #expect(SwiftClass.extended(in: "extension A.B: C {\n}\nprivate extension D {}") == ["B", "D"])
    }
}
