internal import Connections
internal import Telemetry

/// The page for operators, at `/` of the admin port: one HTML file without outside parts.
///
/// Its source is in three files: `+Markup` is the HTML, `+Style` the CSS and `+Script` the JavaScript. They are raw
/// strings, because a package contains only the programs. The page never changes: its script gets the facts from
/// `/events` (`PageEvent`) and shows them as text.
enum StatusPage {
    /// In `markup`, the places of the style, of the script, and of the nonce that permits both.
    private static let placeOfStyle = "/* STYLE */"
    private static let placeOfScript = "/* SCRIPT */"
    private static let placeOfNonce = "NONCE"

    private static let pieces: [[UInt8]] = pieces(
        of: fill(placeOfScript, with: script, in: fill(placeOfStyle, with: style, in: markup)))

    /// The page for one response.
    ///
    /// - Parameter nonce: a fresh random word, for the page and for its policy.
    static func content(nonce: String) -> [UInt8] { Array(pieces.joined(separator: nonce.utf8)) }

    /// A browser runs only the page's own script, loads nothing, and connects only to this port. No other page may show
    /// this one in a frame, and none may read it.
    static func fields(nonce: String) -> [(name: StaticString, value: String)] {
        let policy =
            "default-src 'none'; script-src 'nonce-\(nonce)'; style-src 'nonce-\(nonce)'; connect-src 'self'; "
            + "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        return [
            ("content-security-policy", policy),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
        ] + answerFields
    }

    /// The fields of every response of the admin port: no browser guesses a type, keeps a copy, or embeds it elsewhere.
    static let answerFields: [(name: StaticString, value: String)] = [
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
        ("cross-origin-resource-policy", "same-origin"),
    ]

    /// A word that no earlier response had.
    static func makeNonce() -> String {
        String(UInt64.random(in: 0...UInt64.max), radix: 36) + String(UInt64.random(in: 0...UInt64.max), radix: 36)
    }

    private static func fill(_ place: String, with text: String, in page: String) -> String {
        let parts = split(page, at: place)
        precondition(parts.count == 2, "the markup has \(place) once")
        return parts[0] + text + parts[1]
    }

    private static func pieces(of page: String) -> [[UInt8]] { split(page, at: placeOfNonce).map { Array($0.utf8) } }

    private static func split(_ text: String, at mark: String) -> [String] {
        var parts: [String] = []
        var rest = Substring(text)
        while let range = rest.firstRange(of: mark) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}
