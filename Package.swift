// swift-tools-version: 6.1
import PackageDescription

/// Applied to every target of ours: Swift 6 mode plus the upcoming features that make imports and existentials
/// explicit.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    // In debug builds, and so in every test, two accesses that overlap trap. Checking it at run time for every field of every
    // object costs an eighth of the instructions of a request.
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

/// Only the TLS build knows OpenSSL: without the trait, TLSServer compiles to nothing and nobody links it.
let tls = TargetDependencyCondition.when(traits: ["TLS"])

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

let package = Package(
    name: "understudy",
    products: [
        .executable(name: "balancer", targets: ["Balancer"]),
        .executable(name: "worker", targets: ["Worker"]),
    ],
    traits: [
        .trait(name: "TLS", description: "HTTPS and mutual TLS over OpenSSL. Without it: the plain build, HTTP only."),
        .default(enabledTraits: ["TLS"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    ],
    targets: [
        // From the bottom up; arrows point downwards only.
        .systemLibrary(name: "COpenSSL", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CNGHTTP2", providers: [.apt(["libnghttp2-dev"])]),
        .systemLibrary(name: "CYAML", providers: [.apt(["libyaml-dev"])]),
        .target(name: "CLinux"),
        .target(name: "HTTP", swiftSettings: settings),
        .target(name: "Multiplexing", dependencies: ["HTTP"], swiftSettings: settings),
        .target(name: "YAML", dependencies: ["CYAML"], swiftSettings: settings),
        .target(name: "Cluster", swiftSettings: settings),
        .target(name: "Sockets", dependencies: ["CLinux"], swiftSettings: settings),
        .target(
            name: "TLSServer", dependencies: ["Sockets", .target(name: "COpenSSL", condition: tls)],
            swiftSettings: settings),
        .target(name: "HTTP2", dependencies: ["CNGHTTP2", "HTTP"], swiftSettings: settings),
        .target(
            name: "Connections", dependencies: ["HTTP", "HTTP2", "Multiplexing", "Sockets"], swiftSettings: settings),
        .target(name: "Tasks", dependencies: ["Connections", "HTTP", "Sockets"], swiftSettings: settings),
        .target(
            name: "Balancing", dependencies: ["Cluster", "Connections", "HTTP", "Sockets"], swiftSettings: settings),
        .target(
            name: "Settings",
            dependencies: [
                "Balancing", "Cluster", "Connections", "HTTP", "HTTP2", "Sockets", "Storage", "Telemetry", "YAML",
                argumentParser,
            ], swiftSettings: settings),
        .target(
            name: "Telemetry", dependencies: ["Cluster", "Connections", "HTTP", "Sockets", logging],
            swiftSettings: settings),
        .target(name: "Storage", dependencies: ["Cluster", "Sockets", "Telemetry"], swiftSettings: settings),
        .target(
            name: "Handover", dependencies: ["Cluster", "Sockets", "Storage", "Telemetry", logging],
            swiftSettings: settings),
        .target(
            name: "Proxy",
            dependencies: ["Balancing", "Cluster", "Connections", "HTTP", "HTTP2", "Sockets", "Telemetry"],
            swiftSettings: settings),
        .target(
            name: "ControlPlane",
            dependencies: [
                "Balancing", "Cluster", "Connections", "Handover", "HTTP", "HTTP2", "Settings", "Sockets", "Storage",
                "Telemetry", .target(name: "TLSServer", condition: tls), logging,
            ], swiftSettings: settings),
        .target(
            name: "Nodes",
            dependencies: [
                "Balancing", "Cluster", "Connections", "ControlPlane", "Handover", "HTTP", "HTTP2", "Proxy", "Settings",
                "Sockets", "Storage", "Tasks", "Telemetry", logging,
            ], swiftSettings: settings),
        .executableTarget(
            name: "Balancer",
            dependencies: [
                "Balancing", "Cluster", "Connections", "ControlPlane", "Handover", "HTTP", "Nodes", "Settings",
                "Sockets",
                "Storage", "Telemetry", argumentParser, logging,
            ], swiftSettings: settings),
        .executableTarget(
            name: "Worker",
            dependencies: [
                "Cluster", "ControlPlane", "Nodes", "Settings", "Sockets", "Storage", "Telemetry", argumentParser,
                logging,
            ], swiftSettings: settings),

        // Thousands of workers in one process, for Benchmarks/scale.
        .executableTarget(
            name: "swarm",
            dependencies: [
                "Cluster", "Connections", "ControlPlane", "HTTP", "Settings", "Sockets", "Storage", "Tasks",
                "Telemetry",
                logging,
            ],
            path: "Benchmarks/Swarm", swiftSettings: settings),

        // Tests mirror the sources; EndToEndTests start the real executables.
        .target(
            name: "TestSupport", dependencies: ["CNGHTTP2", "Connections", "HTTP", "Sockets", logging],
            path: "Tests/TestSupport",
            swiftSettings: settings),
        .testTarget(name: "TidyTests", swiftSettings: settings),
        .testTarget(name: "HTTPTests", dependencies: ["HTTP"], swiftSettings: settings),
        .testTarget(name: "HTTP2Tests", dependencies: ["HTTP", "HTTP2", "TestSupport"], swiftSettings: settings),
        .testTarget(name: "YAMLTests", dependencies: ["YAML"], swiftSettings: settings),
        .testTarget(name: "MultiplexingTests", dependencies: ["HTTP", "Multiplexing"], swiftSettings: settings),
        .target(
            name: "Simulation", dependencies: ["Balancing", "Cluster"], path: "Tests/Simulation",
            swiftSettings: settings),
        .executableTarget(
            name: "simulate", dependencies: ["Simulation"], path: "Tests/Simulate", swiftSettings: settings),
        .testTarget(name: "ClusterTests", dependencies: ["Cluster", "Simulation"], swiftSettings: settings),
        .testTarget(
            name: "ConnectionsTests", dependencies: ["Connections", "HTTP", "HTTP2", "Sockets", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "TLSServerTests",
            dependencies: [
                "Sockets", "TLSServer", "TestSupport", .target(name: "COpenSSL", condition: tls),
            ], swiftSettings: settings),
        .testTarget(
            name: "TasksTests", dependencies: ["Connections", "HTTP", "Sockets", "Tasks", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "SocketsTests", dependencies: ["Sockets", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "BalancingTests",
            dependencies: ["Balancing", "Cluster", "Connections", "Sockets"], swiftSettings: settings),
        .testTarget(
            name: "SettingsTests",
            dependencies: [
                "Balancing", "Cluster", "Connections", "HTTP", "HTTP2", "Settings", "Sockets", "Storage", "Telemetry",
                argumentParser,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "TelemetryTests",
            dependencies: ["Connections", "HTTP", "Sockets", "Storage", "Telemetry", "TestSupport", logging],
            swiftSettings: settings),
        .testTarget(
            name: "StorageTests", dependencies: ["Cluster", "Handover", "Sockets", "Storage", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "HandoverTests", dependencies: ["Cluster", "Handover", "Sockets", "Storage", "TestSupport", logging],
            swiftSettings: settings),
        .testTarget(
            name: "ProxyTests",
            dependencies: [
                "Balancing", "Cluster", "Connections", "HTTP", "Proxy", "Sockets", "Telemetry", "TestSupport",
            ], swiftSettings: settings),
        .testTarget(
            name: "NodesTests",
            dependencies: [
                "Balancing", "Cluster", "Connections", "ControlPlane", "Nodes", "Proxy", "Settings", "Sockets",
                "Storage",
                "Telemetry", "TestSupport",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "ControlPlaneTests",
            dependencies: [
                "Balancing", "Cluster", "Connections", "ControlPlane", "Handover", "HTTP", "HTTP2", "Proxy", "Settings",
                "Sockets", "Storage", "Telemetry", "TestSupport", logging,
            ], swiftSettings: settings),
        .testTarget(
            name: "EndToEndTests", dependencies: ["Balancer", "TestSupport", "Worker"], swiftSettings: settings),
    ]
)
