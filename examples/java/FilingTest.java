import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** The same as EnsignApi's main, as a test of JUnit 5: java -jar junit-platform-console-standalone.jar … */
class FilingTest {
    @Test
    void customsAskAndAreAnswered() throws Exception {
        String filing = EnsignApi.connect().life("JU" + Long.toHexString(System.nanoTime()).toUpperCase() + "-Q02");
        assertTrue(filing.contains("\"open\":false"));
        assertFalse(filing.contains("\"open\":true"));
    }
}
