import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Drives a test of trader software through the API of a stand-in: `java EnsignApi.java` with ENSIGN_API, ENSIGN_TOKEN,
 * ENSIGN_AS4 and ENSIGN_EORI in the environment; FilingTest.java beside is the same for JUnit.
 */
public class EnsignApi {
    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String api, token, as4, eori;

    /** A space of the stand-in, begun anew: what others do at the same time is not seen here. */
    public EnsignApi(String api, String token, String as4, String eori) throws Exception {
        this.api = api;
        this.token = token;
        this.as4 = as4;
        this.eori = eori;
        ask("PUT", "/spaces/" + eori, null, null);
        ask("POST", "/spaces/" + eori + "/reset", null, null);
    }

    public static EnsignApi connect() throws Exception {
        return new EnsignApi(System.getenv("ENSIGN_API"), System.getenv("ENSIGN_TOKEN"), System.getenv("ENSIGN_AS4"),
                System.getenv("ENSIGN_EORI"));
    }

    public HttpResponse<byte[]> ask(String method, String path, byte[] body, String type) throws Exception {
        BodyPublisher publisher = body == null ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body);
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(api + path)).method(method, publisher)
                .timeout(Duration.ofSeconds(60)).header("Authorization", "Bearer " + token);
        if (!path.startsWith("/spaces/"))
            request.header("Ensign-Space", eori);
        if (type != null)
            request.header("Content-Type", type);
        HttpResponse<byte[]> answer = http.send(request.build(), BodyHandlers.ofByteArray());
        if (answer.statusCode() >= 300)
            throw new IOException(method + " " + path + ": " + answer.statusCode() + " " + new String(answer.body(), StandardCharsets.UTF_8));
        return answer;
    }

    public String get(String path) throws Exception {
        return new String(ask("GET", path, null, null).body(), StandardCharsets.UTF_8);
    }

    /** Stands for the software under test: makes a document, seals it, and posts it to the access point. */
    public void submit(String action, String about) throws Exception {
        byte[] document = ask("GET", "/documents/new/" + action + "?from=" + eori + about, null, null).body();
        HttpResponse<byte[]> sealed = ask("POST", "/seal?action=" + action + "&from=" + eori, document, "application/xml");
        HttpRequest request = HttpRequest.newBuilder(URI.create(as4)).POST(BodyPublishers.ofByteArray(sealed.body()))
                .header("Content-Type", sealed.headers().firstValue("Content-Type").orElseThrow()).build();
        int status = http.send(request, BodyHandlers.discarding()).statusCode();
        if (status != 200)
            throw new IOException("the access point answers " + status);
    }

    /** Waits for a message, one that waits to be pulled included, and gives its JSON. */
    public String await(String what) throws Exception {
        return get("/wait?timeout=30&pending=true&" + what);
    }

    public static String find(String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        if (!matcher.find())
            throw new IllegalStateException(pattern + " is not in " + text);
        return matcher.group(1);
    }

    public static String member(String json, String name) {
        return find(json, "\"" + name + "\":\"([^\"]*)\"");
    }

    /** One filing's life; gives the JSON of the filing at its end. */
    public String life(String lrn) throws Exception {
        submit("IE3F26", "&lrn=" + lrn);
        String mrn = member(await("action=IE3R01&lrn=" + lrn), "mrn");
        String id = member(await("action=IE3Q02&lrn=" + lrn), "message_id");
        String question = get("/mailbox/" + URLEncoder.encode(id, StandardCharsets.UTF_8) + "/document");
        submit("IE3R02", "&mrn=" + mrn + "&reference=" + find(question, "<referralRequestReference>([^<]*)<"));
        ask("POST", "/clock/advance", "{\"by\":\"2h\"}".getBytes(StandardCharsets.UTF_8), "application/json");
        await("action=IE3N03&mrn=" + mrn);
        return get("/filings/" + mrn);
    }

    public static void main(String[] args) throws Exception {
        String filing = connect().life("JAVA" + Long.toHexString(System.nanoTime()).toUpperCase() + "-Q02");
        find(filing, "(\"open\":false)");
        System.out.println("assessment complete");
    }
}
