// java.util.regex, one rule after the other, as a peer of ../in_process.py, which describes what a peer does:
// java Loop.java DIRECTORY
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

class Loop {
    /** The number of codes that are verified, because one takes up to a millisecond. */
    static final int VERIFIED = 20_000;

    static Matcher[] matchers;
    static volatile int found;

    /** Returns the index of the first rule that accepts the code, or -1. The patterns begin with \A, so lookingAt is enough. */
    static int findWinner(String code) {
        for (int i = 0; i < matchers.length; i++) {
            if (matchers[i].reset(code).lookingAt()) return i;
        }
        return -1;
    }

    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[0]);
        List<String> patterns = Files.readAllLines(directory.resolve("patterns.txt"));
        String[] codes = Files.readAllLines(directory.resolve("codes.txt")).toArray(new String[0]);
        List<String> winners = Files.readAllLines(directory.resolve("winners.txt"));

        long start = System.nanoTime();
        matchers = patterns.stream().map(p -> Pattern.compile(p).matcher("")).toArray(Matcher[]::new);
        double compile = (System.nanoTime() - start) / 1e6;

        for (int i = 0; i < Math.min(codes.length, VERIFIED); i++) {
            int winner = findWinner(codes[i]);
            if (winner != Integer.parseInt(winners.get(i))) {
                throw new AssertionError(winner + " instead of " + winners.get(i) + ": " + codes[i]);
            }
        }
        System.out.println("ready " + compile + " 0");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        int at = 0;
        while (in.readLine() != null) {
            List<Double> times = new ArrayList<>();
            for (long turn = System.nanoTime(); System.nanoTime() - turn < 100_000_000L;) {
                long chunk = System.nanoTime();
                for (int i = 0; i < 160; i++, at = (at + 1) % codes.length) found = findWinner(codes[at]);
                times.add((System.nanoTime() - chunk) / 160.0);
            }
            Collections.sort(times);
            System.out.println(times.get(times.size() / 2));
        }
    }
}
