import Glibc
import Simulation

/// The command-line options of the simulator.
struct Options {
    static let usage = """
        simulate [--seeds N] [--from N] [--step N]    runs N histories, seeds --from, --from + --step, ...
        simulate --seed N [--trace]                   runs one history; --trace prints its events
        --hosts                                       histories of many hosts with a store
        --all                                         continues after a history with a violation
        """

    var first: UInt64 = 0
    var count: UInt64 = 10_000
    var step: UInt64 = 1
    var isTraced = false
    var goesOn = false
    var kind = Simulation.Kind.cluster

    init(_ arguments: some Sequence<String>) {
        var rest = Array(arguments)[...]
        while let name = rest.popFirst() {
            switch name {
            case "--trace": isTraced = true
            case "--hosts": kind = .manyHosts
            case "--all": goesOn = true
            case "--seeds": count = Options.number(&rest, of: name)
            case "--from": first = Options.number(&rest, of: name)
            case "--step": step = max(1, Options.number(&rest, of: name))
            case "--seed":
                first = Options.number(&rest, of: name)
                count = 1
            default: Options.fail("unknown option \(name)")
            }
        }
        if isTraced { count = 1 }
    }

    private static func number(_ rest: inout ArraySlice<String>, of name: String) -> UInt64 {
        guard let text = rest.popFirst(), let number = UInt64(text) else { fail("\(name) takes a number") }
        return number
    }

    private static func fail(_ reason: String) -> Never {
        let text = "simulate: \(reason)\n\(usage)\n"
        _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
        exit(2)
    }
}

func exitWith(_ isGood: Bool) -> Never { exit(isGood ? 0 : 1) }
