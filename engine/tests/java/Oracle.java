import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Answers what java.util.regex makes of patterns and texts.
 *
 * The first line of the output is the version of the language. After it, batches: lines on standard input, each
 * a pattern, the names of groups, and texts, separated by tabs; an empty line ends the batch, and only then the
 * answers are written, a line for each pattern. Everything is UTF-8 in hexadecimal; names are separated by
 * commas.
 *
 * An answer is R and the reason if the pattern is rejected, O if it overflows the stack, or A and the number of
 * groups, and then for each text, separated by tabs: u if the text has a code point that is unassigned, m if it
 * has one that is a combining mark, and one of
 *
 * 0  no match
 * 1  a match, and its groups by number and then by name, each preceded by a comma: - for one that took no part,
 *    ! for a name that the pattern does not have
 * O  an overflow of the stack
 * T  a match that takes too long
 * E  an exception, which a match throws
 */
public final class Oracle {
    private static final long LIMIT_NANOS = 100_000_000L;
    private static final long STUCK_NANOS = 60_000_000_000L;
    private static final long STACK_BYTES = 256L << 20;

    /** The pattern at work, and since when: a loop that reads no character does not see the deadline. */
    private static volatile String atWork;
    private static volatile long since;

    public static void main(String[] arguments) throws Exception {
        Thread worker = new Thread(null, Oracle::serve, "oracle", STACK_BYTES);
        worker.setDaemon(true);
        worker.start();
        while (worker.isAlive()) {
            worker.join(1000);
            String pattern = atWork;
            if (pattern != null && System.nanoTime() - since > STUCK_NANOS) {
                System.err.println("a match does not end, for the pattern " + pattern);
                Runtime.getRuntime().halt(3);
            }
        }
    }

    private static void serve() {
        try {
            PrintStream out = new PrintStream(System.out, false, "UTF-8");
            BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            out.println(System.getProperty("java.specification.version"));
            out.flush();
            List<String> batch = new ArrayList<>();
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (!line.isEmpty()) {
                    batch.add(line);
                    continue;
                }
                for (String question : batch) {
                    out.println(answer(question.split("\t", -1)));
                }
                out.flush();
                batch.clear();
            }
        } catch (IOException error) {
            throw new IllegalStateException(error);
        }
    }

    private static String answer(String[] fields) {
        String text = decode(fields[0]);
        since = System.nanoTime();
        atWork = text;
        Pattern pattern;
        try {
            pattern = Pattern.compile(text);
        } catch (StackOverflowError error) {
            return "O";
        } catch (RuntimeException | Error error) {
            return "R" + encode(error.getClass().getSimpleName() + ": " + error.getMessage());
        }
        StringBuilder answer = new StringBuilder("A").append(pattern.matcher("").groupCount());
        String[] names = fields[1].isEmpty() ? new String[0] : decode(fields[1]).split(",");
        for (int i = 2; i < fields.length; i++) {
            since = System.nanoTime();
            answer.append('\t');
            match(pattern, names, decode(fields[i]), answer);
        }
        atWork = null;
        return answer.toString();
    }

    private static void match(Pattern pattern, String[] names, String text, StringBuilder answer) {
        if (text.codePoints().anyMatch(c -> Character.getType(c) == Character.UNASSIGNED)) {
            answer.append('u');
        }
        if (text.codePoints().anyMatch(c -> Character.getType(c) == Character.NON_SPACING_MARK)) {
            answer.append('m');
        }
        try {
            Matcher matcher = pattern.matcher(new TimedText(text, System.nanoTime() + LIMIT_NANOS));
            if (!matcher.matches()) {
                answer.append('0');
                return;
            }
            answer.append('1');
            for (int group = 1; group <= matcher.groupCount(); group++) {
                int start = matcher.start(group);
                answer.append(',').append(start < 0 ? "-" : encode(text.substring(start, matcher.end(group))));
            }
            for (String name : names) {
                answer.append(',').append(named(matcher, name));
            }
        } catch (StackOverflowError error) {
            answer.append('O');
        } catch (TooSlow error) {
            answer.append('T');
        } catch (RuntimeException error) {
            answer.append('E').append(encode(error.toString()));
        }
    }

    private static String named(Matcher matcher, String name) {
        try {
            String group = matcher.group(name);
            return group == null ? "-" : encode(group);
        } catch (IllegalArgumentException error) {
            return "!";
        }
    }

    private static String decode(String hex) {
        byte[] bytes = new byte[hex.length() / 2];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (Character.digit(hex.charAt(2 * i), 16) << 4 | Character.digit(hex.charAt(2 * i + 1), 16));
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static String encode(String text) {
        StringBuilder hex = new StringBuilder();
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            hex.append(Character.forDigit(b >> 4 & 15, 16)).append(Character.forDigit(b & 15, 16));
        }
        return hex.toString();
    }

    private static final class TooSlow extends RuntimeException {
        TooSlow() {
            super(null, null, false, false);
        }
    }

    /** A text that can be read until a deadline. */
    private static final class TimedText implements CharSequence {
        private final String text;
        private final long deadline;
        private int reads;

        TimedText(String text, long deadline) {
            this.text = text;
            this.deadline = deadline;
        }

        @Override
        public char charAt(int index) {
            reads++;
            if (reads % 1024 == 0 && System.nanoTime() - deadline > 0) {
                throw new TooSlow();
            }
            return text.charAt(index);
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return text.subSequence(start, end);
        }

        @Override
        public String toString() {
            return text;
        }
    }
}
