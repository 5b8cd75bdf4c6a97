import Simulation

let options = Options(CommandLine.arguments.dropFirst())
if options.isTraced {
    let report = Simulation.run(options.kind, seed: options.first) { print($0) }
    print("seed \(report.seed): \(report.steps) steps, \(report.violations.isEmpty ? "no violation" : "violation")")
    exitWith(report.violations.isEmpty)
}
exitWith(Runner(options).run())
