internal import Cluster

/// The texts that a setting without a number takes.
package struct SettingText: Sendable {
    /// The value's name in the help.
    let valueName: String
    /// Completes the message "use ...".
    let wanted: String
    /// The values, if there are few; nil for other texts.
    let choices: [String]?
    let accepts: @Sendable (String) -> Bool

    init(
        valueName: String, wanted: String, choices: [String]? = nil, accepts: @escaping @Sendable (String) -> Bool
    ) {
        self.valueName = valueName
        self.wanted = wanted
        self.choices = choices
        self.accepts = accepts
    }

    /// Anything that is not empty.
    static func any(_ valueName: String) -> SettingText {
        SettingText(valueName: valueName, wanted: "a \(valueName)") { !$0.isEmpty }
    }

    static func choice(_ valueName: String, _ choices: [String]) -> SettingText {
        let list = choices.dropLast().joined(separator: ", ") + " or " + (choices.last ?? "")
        return SettingText(valueName: valueName, wanted: list, choices: choices) { choices.contains($0) }
    }
}
