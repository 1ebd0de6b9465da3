import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * Identifies code values over RESP, on a Unix socket, without a library for Redis.
 *
 * <p>Reads lines of an openId, a space and a code value; prints a decision for each.
 */
public class OverResp {
    private static final int TIMEOUT_MS = 2000;
    private static final int MAX_REPLY_BYTES = 1 << 20;
    private static final ObjectMapper JSON = new ObjectMapper();

    // One connection for each thread that identifies at the same time.
    private final ConcurrentLinkedDeque<Connection> idle = new ConcurrentLinkedDeque<>();
    private final UnixDomainSocketAddress address;

    OverResp(String path) {
        address = UnixDomainSocketAddress.of(path);
    }

    /** Returns the response that HTTP would return. */
    JsonNode identify(String codeValue, String openId) throws IOException {
        byte[] command = command("IDENTIFY", codeValue, openId, "AS", "JSON");
        Connection open = idle.pollFirst();
        if (open != null) {
            try {
                return send(open, command);
            } catch (SocketTimeoutException e) {
                throw e;
            } catch (IOException e) {
                // The daemon has closed the connection, to stop or because it was idle. Asking again changes nothing, but
                // other idle connections are as old.
            }
        }
        return send(new Connection(address), command);
    }

    private JsonNode send(Connection connection, byte[] command) throws IOException {
        JsonNode response;
        try {
            response = JSON.readTree(connection.send(command));
        } catch (IOException e) {
            connection.close();
            throw e;
        }
        idle.addFirst(connection);
        return response;
    }

    private static byte[] command(String... parts) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(("*" + parts.length + "\r\n").getBytes(StandardCharsets.US_ASCII));
        for (String part : parts) {
            byte[] content = part.getBytes(StandardCharsets.UTF_8);
            bytes.writeBytes(("$" + content.length + "\r\n").getBytes(StandardCharsets.US_ASCII));
            bytes.writeBytes(content);
            bytes.writeBytes(new byte[] {'\r', '\n'});
        }
        return bytes.toByteArray();
    }

    /** A connection that sends a command and waits for its reply, at most {@code TIMEOUT_MS}. */
    private static final class Connection {
        private final SocketChannel channel;
        private final Selector selector = Selector.open();
        private final SelectionKey key;
        private ByteBuffer received = ByteBuffer.allocate(16384);

        Connection(UnixDomainSocketAddress address) throws IOException {
            channel = SocketChannel.open(address);
            channel.configureBlocking(false);
            key = channel.register(selector, 0);
        }

        /** Returns the content of the reply, a bulk string. */
        byte[] send(byte[] command) throws IOException {
            long end = System.nanoTime() + TIMEOUT_MS * 1_000_000L;
            ByteBuffer rest = ByteBuffer.wrap(command);
            while (channel.write(rest) >= 0 && rest.hasRemaining()) {
                await(SelectionKey.OP_WRITE, end);
            }
            received.clear();
            for (int size = -1; ; ) {
                if (size < 0 && endOfLine() >= 0) {
                    size = bulkSize();
                }
                if (size >= 0 && received.position() >= endOfLine() + size + 2) {
                    byte[] content = new byte[size];
                    received.get(endOfLine(), content);
                    return content;
                }
                if (!received.hasRemaining()) {
                    received = ByteBuffer.allocate(received.capacity() * 2).put(received.flip());
                }
                await(SelectionKey.OP_READ, end);
                if (channel.read(received) < 0) {
                    throw new EOFException("the daemon closed the connection");
                }
            }
        }

        /** Returns the position behind the first line; -1 if it has not arrived. */
        private int endOfLine() {
            for (int at = 0; at < received.position(); at++) {
                if (received.get(at) == '\n') {
                    return at + 1;
                }
            }
            return -1;
        }

        /** Returns the size in the first line, as {@code $164}. Any other line is an error. */
        private int bulkSize() throws IOException {
            String line = new String(received.array(), 0, endOfLine() - 2, StandardCharsets.UTF_8);
            if (!line.matches("\\$\\d{1,7}") || Integer.parseInt(line.substring(1)) > MAX_REPLY_BYTES) {
                throw new IOException("unexpected reply: " + line);
            }
            return Integer.parseInt(line.substring(1));
        }

        private void await(int operation, long end) throws IOException {
            key.interestOps(operation);
            long millis = (end - System.nanoTime()) / 1_000_000;
            if (millis <= 0 || selector.select(millis) == 0) {
                throw new SocketTimeoutException("no reply within " + TIMEOUT_MS + " ms");
            }
            selector.selectedKeys().clear();
        }

        void close() throws IOException {
            selector.close();
            channel.close();
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
        OverResp codeid = new OverResp(arguments[0]);
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
