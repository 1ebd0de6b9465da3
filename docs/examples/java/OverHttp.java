import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Identifies code values over HTTP, on TCP.
 *
 * <p>Reads lines of an openId, a space and a code value; prints a decision for each.
 */
public class OverHttp {
    private static final Duration TIMEOUT = Duration.ofSeconds(2); // for the whole request, with its retry
    private static final ObjectMapper JSON = new ObjectMapper();

    // It keeps connections open, for all threads; -Djdk.httpclient.connectionPoolSize bounds the idle ones.
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(TIMEOUT).build();
    private final URI uri;

    /** {@code address} is HOST:PORT. */
    OverHttp(String address) {
        uri = URI.create("http://" + address + "/v1/identifyCode");
    }

    /** Returns the response, whatever its status is: each has a {@code result}. */
    JsonNode identify(String codeValue, String openId) throws IOException, InterruptedException {
        byte[] body = JSON.writeValueAsBytes(Map.of("codeValue", codeValue, "openId", openId));
        HttpRequest request = HttpRequest.newBuilder(uri)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofByteArray(body))
                .build();
        long end = System.nanoTime() + TIMEOUT.toNanos();
        byte[] response;
        try {
            response = send(request, end);
        } catch (HttpTimeoutException e) {
            throw e;
        } catch (IOException e) {
            // The daemon has closed the connection, to stop or because it was idle. Asking again changes nothing.
            response = send(request, end);
        }
        return JSON.readTree(response);
    }

    // HttpRequest.timeout would end with the head of the response, and wait for its body without a limit.
    private byte[] send(HttpRequest request, long end) throws IOException, InterruptedException {
        CompletableFuture<HttpResponse<byte[]>> response = client.sendAsync(request, BodyHandlers.ofByteArray());
        try {
            return response.get(end - System.nanoTime(), TimeUnit.NANOSECONDS).body();
        } catch (TimeoutException e) {
            throw new HttpTimeoutException("no response within " + TIMEOUT.toMillis() + " ms");
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause());
        } finally {
            response.cancel(true); // if it has not arrived, its connection is closed
        }
    }

    static String decision(JsonNode response) {
        JsonNode result = response.path("result");
        if (!result.path("resultStatus").asText().equals("S")) {
            return result.path("resultCode").asText() + " " + response.path("detail").asText();
        }
        if (!response.path("isSupported").asBoolean()) {
            return "UNSUPPORTED";
        }
        if (response.path("postCodeMatchActionType").asText().equals("DECODE")) {
            return "DECODE " + response.path("codeValue").asText();
        }
        return "OPEN_URL " + response.path("redirectUrl").asText();
    }

    public static void main(String[] arguments) throws Exception {
        OverHttp codeid = new OverHttp(arguments[0]);
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = lines.readLine()) != null; ) {
            String[] parts = line.split(" ", 2);
            try {
                System.out.println(decision(codeid.identify(parts[1], parts[0])));
            } catch (IOException e) {
                System.out.println("failed: " + e);
            }
        }
    }
}
