/// docs/options.md, made from the table of settings.
package enum OptionsDocument {
    package static var text: String {
        var text = """
            # Options
            <!-- scripts/options writes this file from the table in Sources/Settings/Table. Don't edit it. -->

            Each setting is an option of the command line and a key of the file that `--config` names: `--queue-timeout 2s` and
            `queue-timeout: 2s` mean the same. The command line has precedence. In the file an option without a value is `true` or
            `false`.

            A time is a whole number with `ms`, `s`, `m` or `h`; without a unit it is in seconds. A number of bytes may have `KiB` or
            `MiB`. `balancer check --config FILE` and `worker check --config FILE` show every mistake of a file.

            The column *live* says which settings a running process takes from its file on SIGHUP. The column *successor* says
            which balancers take a setting over when the running one is lost: those of the same host, or those of every host.
            [limits.md](limits.md) says what happens at each limit.

            """
        for program in Settings.Program.allCases {
            text += "\n## `\(program)`\n"
            for section in SettingTable.sections where !section.rows(of: program).isEmpty {
                text += "\n### \(section.title(for: program))\n" + table(section.rows(of: program), program)
            }
        }
        return text + commands
    }

    /// The commands that a running balancer answers.
    private static var commands: String {
        var text = """

            ## Commands
            A balancer that reigns answers these commands ([more](operations.md#commands)). Each has `--state-dir` and `--json`.

            | command | meaning |
            |---|---|

            """
        for command in OperatorCommand.allCases {
            let usage = ["balancer", command.name, command.arguments].filter { !$0.isEmpty }.joined(separator: " ")
            text += "| `\(usage)` | \(command.summary) \(command.details) |\n"
        }
        text += "\n| exit status | meaning |\n|---|---|\n"
        for (status, meaning) in OperatorCommand.exitStatuses { text += "| \(status) | \(meaning) |\n" }
        return text
    }

    private static func table(_ rows: [Setting], _ program: Settings.Program) -> String {
        let isBalancer = program == .balancer
        var text = "| option | default | values | meaning | live |" + (isBalancer ? " successor |\n" : "\n")
        text += isBalancer ? "|---|---|---|---|---|---|\n" : "|---|---|---|---|---|\n"
        for row in rows {
            var cells = [
                "`--\(row.name)`", defaultText(of: row, program), values(of: row), row.help, row.isLive ? "yes" : "",
            ]
            if isBalancer { cells.append(successor(of: row)) }
            text +=
                "| " + cells.map { $0.split(separator: "|").joined(separator: "\\|") }.joined(separator: " | ") + " |\n"
        }
        return text
    }

    private static func defaultText(of row: Setting, _ program: Settings.Program) -> String {
        if case .flag = row.kind { return "off" }
        return row.defaultText(of: program)
    }

    private static func values(of row: Setting) -> String {
        switch row.kind {
        case .flag: ""
        case .text(let form): form.valueName
        case .time: "time" + (row.kind.range.map { ", \($0)" } ?? "")
        case .seconds: "whole seconds" + (row.kind.range.map { ", \($0)" } ?? "")
        case .integer, .bytes: row.kind.range ?? ""
        }
    }

    private static func successor(of row: Setting) -> String {
        switch row.scope {
        case .commandLine, .process: ""
        case .host: "same host"
        case .cluster: "every host"
        }
    }
}
