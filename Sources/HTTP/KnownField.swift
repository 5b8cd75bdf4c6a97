/// The fields that the codec or the proxy treats specially.
///
/// An underscore counts as a dash. An application behind CGI or WSGI sees `X_Forwarded_For` and `X-Forwarded-For` as
/// one variable. If the proxy removes or sets one spelling, the other spelling must not pass. In requests, a name that
/// decides framing or routing is rejected in the spelling with an underscore (`HTTPError.ambiguousFieldName`).
package enum KnownField: UInt8, Sendable, CaseIterable {
    case other
    case host, connection, contentLength, transferEncoding, te, trailer, upgrade, keepAlive
    case proxyConnection, proxyAuthenticate, proxyAuthorization
    /// `Proxy`: no standard defines this field. CGI turns it into HTTP_PROXY, which many programs take for their own
    /// setting.
    case proxy
    case expect, forwarded
    /// Any `X-Forwarded-*` field except `X-Forwarded-Client-Cert`.
    case xForwarded
    case xRealIP, xRequestID, traceparent, tracestate, via, date, server, retryAfter, contentType
    /// Any name that begins with `Understudy-`. The cluster uses these fields internally and never accepts them from
    /// clients.
    case understudy
    /// `Client-Cert`, `Client-Cert-Chain` (RFC 9440), `X-Client-Cert*`, `X-SSL-Client-*`, `SSL-Client-*` and
    /// `X-Forwarded-Client-Cert`. Applications take these fields as proof of a verified client.
    case clientCertificate
    case http2Settings, secWebSocketKey, cookie

    /// True for a field that a proxy never forwards.
    ///
    /// RFC 9110 7.6.1 names Connection, Keep-Alive, Proxy-Connection, TE, Transfer-Encoding and Upgrade; HTTP2-Settings
    /// belongs to Upgrade. Proxy-Authenticate and Proxy-Authorization concern a proxy that the client chose, which this
    /// balancer is not. No worker should see such credentials or request them.
    package var isHopByHop: Bool {
        switch self {
        case .connection, .keepAlive, .proxyConnection, .te, .transferEncoding, .upgrade, .http2Settings,
            .proxyAuthenticate, .proxyAuthorization:
            true
        default:
            false
        }
    }

    /// True when a `Connection` nomination does not make the field hop-by-hop. A client that removes Host,
    /// Content-Length, Expect or an internal field would change the request's meaning for the next hop.
    var resistsNomination: Bool {
        switch self {
        case .host, .contentLength, .expect, .understudy: true
        default: false
        }
    }

    /// True for a field that decides framing or routing. In a request, its spelling with an underscore is rejected.
    var decidesFramingOrRouting: Bool {
        switch self {
        case .host, .contentLength, .expect: true
        default: isHopByHop
        }
    }

    /// The known field with this name. The name must be a token.
    ///
    /// - Parameters:
    ///   - name: `count` readable bytes; `count` is at least 1.
    ///   - hasUnderscore: set to true if the name is known and contains an underscore.
    @inline(__always)
    static func lookup(_ name: UnsafePointer<UInt8>, count: Int, hasUnderscore: inout Bool) -> KnownField {
        // The shortest known name has 2 bytes (te). Apart from names known by prefix, the longest has 23.
        guard count >= 2 else { return .other }
        let folded = FoldedName(name, count: count)
        let known = match(folded)
        if known != .other { hasUnderscore = folded.hasUnderscore }
        return known
    }

    @inline(__always)
    private static func match(_ name: FoldedName) -> KnownField {
        switch name.count {
        case 2:
            if name.equals("te") { return .te }
        case 3:
            if name.equals("via") { return .via }
        case 4:
            if name.equals("host") { return .host }
            if name.equals("date") { return .date }
        case 5:
            if name.equals("proxy") { return .proxy }
        case 6:
            if name.equals("cookie") { return .cookie }
            if name.equals("server") { return .server }
            if name.equals("expect") { return .expect }
        case 7:
            if name.equals("upgrade") { return .upgrade }
            if name.equals("trailer") { return .trailer }
        case 9:
            if name.equals("forwarded") { return .forwarded }
            if name.equals("x-real-ip") { return .xRealIP }
        case 10:
            if name.equals("connection") { return .connection }
            if name.equals("keep-alive") { return .keepAlive }
            if name.equals("tracestate") { return .tracestate }
        case 11:
            if name.equals("traceparent") { return .traceparent }
            if name.equals("retry-after") { return .retryAfter }
            if name.equals("client-cert") { return .clientCertificate }
        case 12:
            if name.equals("content-type") { return .contentType }
            if name.equals("x-request-id") { return .xRequestID }
        case 14:
            if name.equals("content-length") { return .contentLength }
            if name.equals("http2-settings") { return .http2Settings }
        case 16:
            if name.equals("proxy-connection") { return .proxyConnection }
        case 17:
            if name.equals("transfer-encoding") { return .transferEncoding }
            if name.equals("sec-websocket-key") { return .secWebSocketKey }
            if name.equals("client-cert-chain") { return .clientCertificate }
        case 18:
            if name.equals("proxy-authenticate") { return .proxyAuthenticate }
        case 19:
            if name.equals("proxy-authorization") { return .proxyAuthorization }
        case 23:
            if name.equals("x-forwarded-client-cert") { return .clientCertificate }
        default:
            break
        }
        guard name.count >= 11 else { return .other }
        if name.hasPrefix("x-forwarded-") { return .xForwarded }
        if name.hasPrefix("understudy-") { return .understudy }
        if name.hasPrefix("ssl-client-") || name.hasPrefix("x-ssl-client-") || name.hasPrefix("x-client-cert") {
            return .clientCertificate
        }
        return .other
    }
}
