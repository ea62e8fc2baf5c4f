// Servers with options by chance, in backends by chance: HITLESS_SEED=n others,
// HITLESS_EQUAL_RANDOM=n so many.
#include "equal/ways.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <random>

namespace hitless::test {
namespace {

class Chance {
  public:
    explicit Chance(unsigned seed) : random_(seed) {}

    std::size_t below(std::size_t limit) { return random_() % limit; }
    bool once_in(std::size_t times) { return below(times) == 0; }
    const std::string& one_of(const std::vector<std::string>& texts) {
        return texts[below(texts.size())];
    }

  private:
    std::mt19937 random_;
};

const std::vector<std::string> backends = {
    "",
    "    option httpchk GET /check\n",
    "    default-server check inter 200ms\n",
    "    option httpchk GET /check\n    default-server check inter 200ms rise 2\n",
    "    default-server ssl verify none\n",
    "    default-server send-proxy-v2 maxconn 20\n"};
const std::vector<std::string> balances = {"roundrobin", "leastconn",
                                           "uri\n    hash-type consistent", "first"};
const std::vector<std::string> options = {"weight 3",
                                          "weight 0",
                                          "maxconn 5",
                                          "minconn 2 maxconn 6",
                                          "backup",
                                          "disabled",
                                          "check inter 200ms",
                                          "check inter 230ms fall 2",
                                          "ssl verify none",
                                          "ssl verify none sni str(x.example)",
                                          "ssl verify none alpn http/1.1",
                                          "send-proxy",
                                          "send-proxy-v2",
                                          "slowstart 60ms",
                                          "source 127.0.0.5",
                                          "pool-max-conn 3",
                                          "on-marked-down shutdown-sessions",
                                          "error-limit 5",
                                          "agent-check agent-inter 50ms agent-port @A1@",
                                          "port @PX@",
                                          "addr 127.0.0.2",
                                          "no-check",
                                          "id 5@N1@"};

std::string words(Chance& chance) {
    std::string text;
    for (std::size_t i = chance.below(4); i > 0; --i)
        text += " " + chance.one_of(options);
    return text;
}

Scenario scenario(unsigned seed) {
    Chance chance(seed);
    Scenario scenario;
    scenario.name = fmt::format("random_{}", seed);
    scenario.balance = chance.one_of(balances);
    scenario.backend = chance.one_of(backends);
    scenario.by_key = scenario.balance.starts_with("uri");
    scenario.keys_move = scenario.by_key; // ids are those of their arrival
    scenario.random = scenario.balance == "leastconn";
    scenario.agent = chance.once_in(2) ? "up" : "40%";
    scenario.may_reload = true;
    Scenario::Servers servers;
    for (std::size_t steps = 2 + chance.below(4); steps > 0; --steps) {
        for (char number = '1'; number <= '4'; ++number) {
            const std::string name = fmt::format("s{}", number);
            if (chance.once_in(3))
                servers[name] = server(words(chance), number);
            else if (chance.once_in(6))
                servers.erase(name);
        }
        scenario.steps.push_back(servers);
    }
    return scenario;
}

unsigned number(const char* variable, unsigned otherwise) {
    const char* const text = std::getenv(variable);
    return text == nullptr ? otherwise : static_cast<unsigned>(std::stoul(text));
}

} // namespace

void add_random(std::vector<Scenario>& all) {
    const unsigned first = number("HITLESS_SEED", 1);
    for (unsigned i = 0; i < number("HITLESS_EQUAL_RANDOM", 20); ++i)
        all.push_back(scenario(first + i));
}

} // namespace hitless::test
