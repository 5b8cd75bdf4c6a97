private import CYAML

/// Reads YAML with libyaml.
///
/// Scalars stay texts: the caller knows whether a setting is a number. Aliases are resolved. Other tags than those of YAML
/// itself are mistakes, because no reader here knows their meaning.
package struct YAMLReader: ~Copyable {
    /// Nested values, also through aliases. libyaml itself does not recurse, but this reader does.
    package static let maximumDepth = 32
    /// All values of a document. An alias counts as one value.
    package static let maximumNodes = 100_000

    /// At a fixed address, because libyaml stores the address of its parser in it.
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private var anchors: [String: Built] = [:]
    private var nodes = 0

    /// The first mistake. From then on every event is an end, so the values that are complete remain.
    private var mistake: YAMLMistake?

    /// Reads the only document of `text`.
    package static func read(_ text: String) -> YAMLDocument {
        let bytes = Array(text.utf8)
        // libyaml reads from this memory until the end of the document.
        let input = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
        _ = input.initialize(from: bytes)
        defer { input.deallocate() }
        var reader = YAMLReader(UnsafeBufferPointer(input))
        let root = reader.document()
        return YAMLDocument(root: root, mistake: reader.mistake)
    }

    private init(_ input: UnsafeBufferPointer<UInt8>) {
        parser = .allocate(capacity: 1)
        let isInitialized = yaml_parser_initialize(parser) == 1
        // It fails only without memory, and Swift traps there too.
        precondition(isInitialized)
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, input.baseAddress, input.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    private mutating func document() -> YAMLNode? {
        _ = next()  // The beginning of the stream.
        if next().isEnd { return nil }  // Otherwise a document begins.
        let root = value(next(), depth: 0)?.node
        _ = next()  // The end of the document.
        let end = next()
        if !end.isEnd { fail(end.line, "a second document begins: leave out the line ---") }
        return root?.isNull == true ? nil : root
    }

    /// A value, and the number of values from it to its innermost one.
    private struct Built {
        let node: YAMLNode
        var height = 1
    }

    /// - Returns: nil if the mistake prevents a value. After a mistake only the root is returned, without what follows.
    private mutating func value(_ event: Event, depth: Int) -> Built? {
        nodes += 1
        guard depth < Self.maximumDepth, nodes <= Self.maximumNodes else { return tooMuch(event) }
        var built: Built
        switch event.kind {
        case .scalar(let text, let isPlain):
            built = Built(node: YAMLNode(.scalar(text, isPlain: isPlain), line: event.line))
        case .sequence:
            let (items, height) = content(depth: depth)
            built = Built(node: YAMLNode(.sequence(items), line: event.line), height: height)
        case .mapping:
            let (values, height) = content(depth: depth)
            // After each key comes its value, except before a mistake.
            let pairs = stride(from: 1, to: values.count, by: 2).map {
                YAMLPair(key: values[$0 - 1], value: values[$0])
            }
            built = Built(node: YAMLNode(.mapping(pairs), line: event.line), height: height)
        case .alias(let name):
            guard let named = anchors[name] else {
                fail(event.line, "*\(name) stands for a value that no &\(name) names before")
                return nil
            }
            // Aliases in aliases nest too, and the end of a value frees the values in it recursively.
            return depth + named.height <= Self.maximumDepth ? named : tooMuch(event)
        case .end, .other: return nil
        }
        guard mistake == nil || depth == 0 else { return nil }
        // An anchor names a complete value, so no value contains itself.
        if let anchor = event.anchor { anchors[anchor] = built }
        return built
    }

    /// The values up to the end of a sequence or a mapping, and the height of that sequence or mapping.
    private mutating func content(depth: Int) -> (values: [YAMLNode], height: Int) {
        var values: [YAMLNode] = []
        var height = 1
        var event = next()
        while !event.isEnd {
            if let built = value(event, depth: depth + 1) {
                values.append(built.node)
                height = max(height, built.height + 1)
            }
            event = next()
        }
        return (values, height)
    }

    private mutating func tooMuch(_ event: Event) -> Built? {
        fail(event.line, "too many values, or values nested too deep")
        return nil
    }

    private mutating func fail(_ line: Int, _ text: String) {
        mistake = mistake ?? YAMLMistake(line: line, text: text)
    }

    /// An event of libyaml.
    private struct Event {
        enum Kind {
            case scalar(String, isPlain: Bool)
            case sequence, mapping
            case alias(String)
            /// The end of a sequence, a mapping or the stream.
            case end
            /// The beginning of the stream or of a document, or the end of a document.
            case other
        }

        var kind = Kind.other
        let line: Int
        var anchor: String?

        var isEnd: Bool { if case .end = kind { true } else { false } }
    }

    private mutating func next() -> Event {
        var raw = yaml_event_t()
        guard mistake == nil, yaml_parser_parse(parser, &raw) == 1 else {
            mistake = mistake ?? parserMistake()
            return Event(kind: .end, line: 0)
        }
        defer { yaml_event_delete(&raw) }
        var event = Event(line: Int(raw.start_mark.line) + 1)
        var tag: UnsafeMutablePointer<yaml_char_t>?
        switch raw.type {
        case YAML_SCALAR_EVENT:
            let scalar = raw.data.scalar
            let value = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            event.kind = .scalar(
                String(decoding: value, as: UTF8.self), isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE)
            event.anchor = scalar.anchor.map { String(cString: $0) }
            tag = scalar.tag
        case YAML_SEQUENCE_START_EVENT:
            event.kind = .sequence
            event.anchor = raw.data.sequence_start.anchor.map { String(cString: $0) }
            tag = raw.data.sequence_start.tag
        case YAML_MAPPING_START_EVENT:
            event.kind = .mapping
            event.anchor = raw.data.mapping_start.anchor.map { String(cString: $0) }
            tag = raw.data.mapping_start.tag
        case YAML_ALIAS_EVENT: event.kind = .alias(String(cString: raw.data.alias.anchor))
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT, YAML_STREAM_END_EVENT, YAML_NO_EVENT: event.kind = .end
        default: event.kind = .other
        }
        if let tag, case let name = String(cString: tag), name != "!", !name.hasPrefix("tag:yaml.org,2002:") {
            fail(event.line, "the tag \(name) is not known: leave it out")
            return Event(kind: .end, line: event.line)
        }
        return event
    }

    /// The mistake that ended libyaml's parser.
    private func parserMistake() -> YAMLMistake {
        let problem = parser.pointee.problem.map { String(cString: $0) } ?? "it can't be read"
        let context = parser.pointee.context.map { String(cString: $0) } ?? ""
        // The mark of a name or a text without an end is where the file ends. The reader needs its beginning.
        let begins = context.contains("simple key") || context.contains("quoted scalar")
        let mark = begins ? parser.pointee.context_mark : parser.pointee.problem_mark
        return YAMLMistake(line: Int(mark.line) + 1, text: Self.advice[problem] ?? "is not YAML: \(problem)")
    }

    /// The remedies of frequent mistakes, by libyaml's texts.
    private static let advice = [
        "mapping values are not allowed in this context": "put a value with a colon and a space into quotes",
        "could not find expected ':'": "is not of the form name: value",
        "found unexpected end of stream": "the quote has no end",
        "found unexpected document indicator": "the quote has no end",
        "found character that cannot start any token": "put this value into quotes",
        "found a tab character that violates indentation": "indent with spaces, not with tabs",
        "found unknown escape character": "this escape is not known: write \\\\ for a backslash, or use single quotes",
        "did not find expected key": "is not of the form name: value",
        "block sequence entries are not allowed in this context":
            "put a value that begins with a hyphen and a space into quotes",
        "control characters are not allowed": "control characters are not allowed",
    ]
}
