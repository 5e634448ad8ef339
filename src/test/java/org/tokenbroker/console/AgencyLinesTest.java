package org.tokenbroker.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tokenbroker.oauth.Scope;

@NullMarked
class AgencyLinesTest {

  private static final Scope USUAL = Scope.parse("read_agency read_alert");

  private static List<AgencyLines.Line> lines(String table) {
    return assertInstanceOf(AgencyLines.Read.class, AgencyLines.read(table, USUAL)).lines();
  }

  @ParameterizedTest
  @ValueSource(strings = {",", ";", "\t"})
  void columnsStandInTheirOrderWhereTheyAreNotNamed(String delimiter) {
    AgencyForm form =
        lines(
                String.join(
                    delimiter, "A FD", "a-fd", "read_agency read_device", "12", "c@a.example"))
            .getFirst()
            .form();

    assertEquals("A FD", form.name());
    assertEquals("a-fd", form.slug());
    assertEquals(Set.of("read_agency", "read_device"), form.scope());
    assertEquals("12", form.expectedActive911Id());
    assertEquals("c@a.example", form.contact());
  }

  @Test
  void theFirstLineMayNameThem() {
    List<AgencyLines.Line> lines =
        lines("Contact, Expected Active911 id, NAME\r\nx@a.example, 7, \"A, B\"\r\n\r\n,,C\r\n");

    assertEquals("A, B", lines.getFirst().form().name());
    assertEquals("a-b", lines.getFirst().form().slug());
    assertEquals("7", lines.getFirst().form().expectedActive911Id());
    assertEquals(USUAL.tokens(), lines.getFirst().form().scope());
    assertEquals(2, lines.size());
    assertEquals("C", lines.getLast().form().name());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "  ",
        "name,slug",
        "name,name\nA,B",
        "name,colour\nA,red",
        "A,b,c,d,e,f",
        "A\n\"not closed"
      })
  void whatIsNoTableIsSaidToBeNone(String table) {
    assertInstanceOf(AgencyLines.Faulty.class, AgencyLines.read(table, USUAL));
  }

  @Test
  void aTableHasAnEnd() {
    assertEquals(AgencyLines.LIMIT, lines("A\n".repeat(AgencyLines.LIMIT)).size());

    AgencyLines.Faulty faulty =
        assertInstanceOf(
            AgencyLines.Faulty.class, AgencyLines.read("A\n".repeat(AgencyLines.LIMIT + 1), USUAL));
    assertTrue(faulty.fault().contains("501"), faulty.fault());
  }
}
