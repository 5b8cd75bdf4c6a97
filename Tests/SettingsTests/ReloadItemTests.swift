import Testing

@testable import Settings

/// The reports of a reload.
@Suite struct ReloadItemTests {
    @Test func eachChangedSettingHasItsValueBeforeAndAfter() {
        var problems: [SettingProblem] = []
        let present = Settings(
            .balancer, commandLine: [SettingEntry(name: "queue-timeout", text: "4s")], &problems)
        let wanted = Settings(
            .balancer,
            commandLine: [
                SettingEntry(name: "queue-timeout", text: "5s"), SettingEntry(name: "max-workers", text: "9"),
            ], &problems)
        let change = SettingsChange(from: present, to: wanted)
        #expect(
            change.items(change.adopted) == [SettingsChange.Item(name: "queue-timeout", from: "4s", to: "5s")])
        #expect(change.items(change.deferred) == [SettingsChange.Item(name: "max-workers", from: nil, to: "9")])
    }
}
