import Balancing
import Testing

@Suite struct PolicySettingTests {
    @Test(arguments: [
        ("fewest", PolicySetting.fewest), ("two-choices", .twoChoices), ("round-robin", .roundRobin),
        ("hash:header=X-User", .hashHeader("x-user")), ("hash:cookie=Session", .hashCookie("Session")),
        ("sticky", .sticky(cookie: "understudy")), ("sticky:cookie=seat", .sticky(cookie: "seat")),
    ])
    func policiesAreReadAndWritten(text: String, policy: PolicySetting) {
        #expect(PolicySetting(text) == policy)
        #expect(PolicySetting(policy.text) == policy)
    }

    @Test(arguments: [
        "", "Fewest", "random", "hash", "hash:header", "hash:header=", "hash:cookie=a b", "hash:cookie=a;b",
        "hash:ip=x",
        "sticky:", "sticky:cookie=", "sticky:cookie=a=b", "sticky:cookie=\(String(repeating: "a", count: 65))",
        "sticky:cookie=ä",
    ])
    func nonsenseIsNone(text: String) {
        #expect(PolicySetting(text) == nil)
    }

    /// The test vectors of SipHash's authors: the key is 00 to 0f, and the content is 00, 01, 02 and so on.
    @Test(
        arguments: [
            (0, 0x726f_db47_dd0e_0e31), (1, 0x74f8_39c5_93dc_67fd), (8, 0x93f5_f579_9a93_2462),
            (15, 0xa129_ca61_49be_45e5), (63, 0x958a_324c_eb06_4572),
        ] as [(Int, UInt64)])
    func sipHashIsSipHash(count: Int, expected: UInt64) {
        let hash = SipHash(key: (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908))
        #expect(hash((0..<UInt8(count)).map { $0 }) == expected)
    }
}
