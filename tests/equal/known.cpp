#include "equal/scenario.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace hitless::test {
namespace {

/// A line of known.txt: NAME FROM UNTIL REASON, with "-" for no limit.
struct Mark {
    std::string name;
    int from = 0;
    int until = Scenario::never;
    std::string reason;
};

int version(const std::string& word, int otherwise) {
    return word == "-" ? otherwise : std::stoi(word);
}

Mark parse(const std::string& line) {
    std::istringstream words(line);
    Mark mark;
    std::string from;
    std::string until;
    words >> mark.name >> from >> until >> std::ws;
    std::getline(words, mark.reason);
    if (mark.reason.empty())
        throw std::runtime_error("known.txt: a line is NAME FROM UNTIL REASON: " + line);
    mark.from = version(from, 0);
    mark.until = version(until, Scenario::never);
    return mark;
}

void put_on(const Mark& mark, std::vector<Scenario>& scenarios) {
    bool found = false;
    for (Scenario& scenario : scenarios) {
        if (!is_named(scenario, mark.name))
            continue;
        scenario.known = mark.reason;
        scenario.known_from = mark.from;
        scenario.known_until = mark.until;
        found = true;
    }
    if (!found && !mark.name.starts_with("random_")) // these are others with another seed
        throw std::runtime_error("known.txt: no scenario is named " + mark.name);
}

} // namespace

void mark_known(std::vector<Scenario>& scenarios) {
    std::ifstream file(HITLESS_EQUAL_KNOWN);
    if (!file)
        throw std::runtime_error("can't read " HITLESS_EQUAL_KNOWN);
    for (std::string line; std::getline(file, line);) {
        if (!line.empty() && line.front() != '#')
            put_on(parse(line), scenarios);
    }
}

} // namespace hitless::test
