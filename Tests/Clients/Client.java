import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.TrustManagerFactory;

/** Tests Java's HttpClient over HTTP/1.1 and HTTP/2: java Client.java URL ADMIN_PORT CA. Prints `all is well`. */
class Client {
    private static final byte[] UPLOAD = new byte[1_000_000];
    private final HttpClient http;
    private final String base;

    private Client(HttpClient http, String base) {
        this.http = http;
        this.base = base;
    }

    public static void main(String[] arguments) throws Exception {
        IntStream.range(0, UPLOAD.length).forEach(index -> UPLOAD[index] = (byte) (index * 31 >> 3));
        String base = arguments[0];
        var stranger = new Client(HttpClient.newHttpClient(), base);
        try {
            stranger.get("/");
            throw new AssertionError("a certificate of an unknown authority was taken");
        } catch (SSLHandshakeException expected) {
        }
        SSLContext trust = trusting(arguments[2]);
        for (var version : HttpClient.Version.values()) {
            new Client(HttpClient.newBuilder().sslContext(trust).version(version).build(), base).tour(version);
        }
        var last = new Client(HttpClient.newBuilder().sslContext(trust).build(), base);
        last.get("/");
        killBalancer(arguments[1]);
        for (int count = 0; count < 20; count++) last.checkWorker(last.getAgain("/"));
        System.out.println("all is well");
    }

    /** A TLS context that trusts only the cluster's CA. */
    private static SSLContext trusting(String path) throws Exception {
        var store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream file = Files.newInputStream(Path.of(path))) {
            store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(file));
        }
        var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        var context = SSLContext.getInstance("TLS");
        context.init(null, factory.getTrustManagers(), null);
        return context;
    }

    private static void killBalancer(String adminPort) throws Exception {
        var status = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + adminPort + "/status")).build();
        String text = HttpClient.newHttpClient().send(status, BodyHandlers.ofString()).body();
        String pid = text.replaceAll("(?s).*\"pid\" *: *([0-9]+).*", "$1");
        ProcessHandle.of(Long.parseLong(pid)).orElseThrow().destroyForcibly();
    }

    private void tour(HttpClient.Version version) throws Exception {
        for (int count = 0; count < 200; count++) {
            var answer = get("/");
            checkWorker(answer);
            check(answer.version() == version, answer.version());
        }
        check(Arrays.equals(post("/echo", BodyPublishers.ofByteArray(UPLOAD)).body(), UPLOAD), "upload");
        // The content has no known length: it is sent in chunks (HTTP/1.1) or in frames (HTTP/2).
        var pieces = IntStream.range(0, 100).mapToObj(at -> Arrays.copyOfRange(UPLOAD, at * 10_000, (at + 1) * 10_000));
        check(Arrays.equals(post("/echo", BodyPublishers.ofByteArrays(pieces::iterator)).body(), UPLOAD), "in pieces");
        check(new String(post("/reverse", BodyPublishers.ofString("abc")).body()).equals("cba"), "reverse");
        check(post("/write", BodyPublishers.ofString("a line")).statusCode() == 201, "write");
        check(text(get("/read?tail=1")).equals("a line\n"), "read");

        byte[] download = get("/bytes/5000000").body();
        check(download.length == 5_000_000, download.length);
        byte[] pattern = Arrays.copyOf(download, 64);
        for (int at = 0; at < download.length; at++) check(download[at] == pattern[at % 64], "byte " + at);
        var head = send(request("/bytes/1000").method("HEAD", BodyPublishers.noBody()));
        check(head.headers().firstValue("content-length").orElse("").equals("1000") && head.body().length == 0, "head");
        check(get("/nothing").statusCode() == 404 && text(get("/nothing")).contains("\"error\""), "no 404");
        var refused = send(request("/echo").DELETE());
        check(refused.statusCode() == 405 && refused.headers().firstValue("allow").orElse("").equals("POST"), "no 405");
        var continued = send(request("/echo").expectContinue(true).POST(BodyPublishers.ofString("after 100")));
        check(text(continued).equals("after 100"), "100");

        var bodies = IntStream.range(0, 100).mapToObj(number -> (number + " ").repeat(500)).toList();
        var answers = bodies.stream()
            .map(body -> http.sendAsync(request("/echo").POST(BodyPublishers.ofString(body)).build(), BodyHandlers.ofString()))
            .toList();
        for (int index = 0; index < bodies.size(); index++) {
            check(answers.get(index).get().body().equals(bodies.get(index)), "concurrent " + index);
        }
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(base + path)).timeout(Duration.ofSeconds(60));
    }

    private HttpResponse<byte[]> send(HttpRequest.Builder request) throws Exception {
        return http.send(request.build(), BodyHandlers.ofByteArray());
    }

    private HttpResponse<byte[]> get(String path) throws Exception {
        return send(request(path));
    }

    /** Sends a safe request and retries it after a broken connection, at most twice. */
    private HttpResponse<byte[]> getAgain(String path) throws Exception {
        for (int attempt = 0; ; attempt++) {
            try {
                return get(path);
            } catch (IOException error) {
                if (attempt == 2) throw error;
            }
        }
    }

    private HttpResponse<byte[]> post(String path, HttpRequest.BodyPublisher body) throws Exception {
        return send(request(path).POST(body));
    }

    private static String text(HttpResponse<byte[]> answer) {
        return new String(answer.body());
    }

    private void checkWorker(HttpResponse<byte[]> answer) {
        check(answer.statusCode() == 200 && text(answer).matches("worker-[0-9]+\n"), text(answer));
    }

    private static void check(boolean condition, Object what) {
        if (!condition) throw new AssertionError(what);
    }
}
