import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Asks `ensign worker` from Java, with nothing but the JDK:
 *
 * <pre>java EnsignWorker.java ENSIGN ROOT.pem MESSAGE...</pre>
 *
 * An access point (phase4, say) asks before a message leaves: it keeps one worker, hands the MIME package that it is about to send to
 * {@link #mayLeave}, and sends only what is accepted. In phase4 that is a method around the outgoing message of
 * {@code IAS4OutgoingDumper}, which sees the very bytes.
 */
public final class EnsignWorker implements AutoCloseable {
    private static final Pattern VERDICT = Pattern.compile("\"verdict\":\"([a-z]+)\"");
    private static final Pattern EBMS = Pattern.compile("\"ebms\":\"([^\"]+)\"");

    private final Process process;
    private final OutputStream requests;
    private final InputStream answers;
    private long nextId;

    public EnsignWorker(String command, String... options) throws IOException {
        List<String> line = new ArrayList<>(List.of(command, "worker"));
        line.addAll(List.of(options));
        process = new ProcessBuilder(line).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        requests = process.getOutputStream();
        answers = new BufferedInputStream(process.getInputStream());
    }

    /** verify hands a message over and returns the worker's line: the JSON object of `ensign verify --json`. */
    public synchronized String verify(byte[] message) throws IOException {
        String request = "{\"id\":" + ++nextId + ",\"op\":\"verify\",\"bytes\":" + message.length + "}\n";
        requests.write(request.getBytes(StandardCharsets.UTF_8));
        requests.write(message);
        requests.flush();
        return readLine();
    }

    /** mayLeave is true for a message that the STI would accept; anything else, doubt included, is no. */
    public boolean mayLeave(byte[] message) throws IOException {
        return "accepted".equals(first(VERDICT, verify(message)));
    }

    private String readLine() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int c = answers.read(); c != '\n'; c = answers.read()) {
            if (c < 0)
                throw new IOException("the worker has ended");
            line.write(c);
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    private static String first(Pattern pattern, String text) {
        Matcher m = pattern.matcher(text);
        return m.find() ? m.group(1) : "";
    }

    @Override
    public void close() throws IOException {
        requests.close();
        process.destroy();
    }

    public static void main(String[] args) throws IOException {
        boolean refused = false;
        try (EnsignWorker worker = new EnsignWorker(args[0], "--trust", args[1])) {
            for (int i = 2; i < args.length; i++) {
                String answer = worker.verify(Files.readAllBytes(Path.of(args[i])));
                String verdict = first(VERDICT, answer);
                System.out.println(args[i] + " " + verdict + " " + first(EBMS, answer));
                refused |= !verdict.equals("accepted");
            }
        }
        System.exit(refused ? 1 : 0);
    }
}
