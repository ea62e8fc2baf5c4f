// Ways of balancing, with types and functions of hashes.
#include "equal/ways.hpp"

#include <span>

namespace hitless::test {
namespace {

struct Balance {
    const char* name;
    const char* balance;
    const char* lines = "";
    bool by_key = false;
    bool random = false;
    int added_from = 206; ///< when servers come, or have other options
    int since = 0;
};

constexpr int never = Scenario::never;

constexpr Balance balances[] = {
    {"roundrobin", "roundrobin"},
    {"static_rr", "static-rr", "", false, false, never},
    {"leastconn", "leastconn", "", false, true},
    {"first", "first"},
    {"random", "random", "", false, true},
    {"random_one_draw", "random(1)", "", false, true},
    {"source", "source", "", true, false, never},
    {"source_consistent", "source", "    hash-type consistent\n", true},
    {"uri", "uri", "", true, false, never},
    {"uri_map_avalanche", "uri", "    hash-type map-based sdbm avalanche\n", true, false, never},
    {"uri_map_djb2", "uri", "    hash-type map-based djb2\n", true, false, never},
    {"uri_consistent", "uri", "    hash-type consistent\n", true},
    {"uri_consistent_djb2", "uri", "    hash-type consistent djb2\n", true},
    {"uri_consistent_wt6", "uri", "    hash-type consistent wt6 avalanche\n", true},
    {"uri_consistent_crc32", "uri", "    hash-type consistent crc32\n", true},
    {"uri_whole_depth", "uri whole depth 1", "    hash-type consistent sdbm avalanche\n", true},
    {"uri_bounded", "uri", "    hash-type consistent\n    hash-balance-factor 150\n", false, true},
    {"url_param", "url_param k", "    hash-type consistent\n", true},
    {"url_param_map", "url_param k", "", true, false, never},
    {"hdr", "hdr(x-key)", "    hash-type consistent\n", true},
    {"hdr_map", "hdr(x-key)", "", true, false, never},
    {"hash", "hash path,crc32", "    hash-type consistent\n", true, false, 206, 206},
    {"consistent_with_ids", "uri", "    hash-type consistent\n", true},
    {"consistent_hash_key_addr_port", "uri", "    hash-type consistent\n", true, false, 206, 300},
    {"first_with_ids", "first"},
    {"first_with_maxconn", "first"},
    {"roundrobin_backups", "roundrobin"},
    {"roundrobin_allbackups", "roundrobin", "    option allbackups\n"},
};

const char* words_of(std::string_view name) {
    if (name.ends_with("with_ids"))
        return "id 1@N1@";
    if (name.ends_with("hash_key_addr_port"))
        return "hash-key addr-port";
    if (name.ends_with("with_maxconn"))
        return "maxconn 2";
    return name.ends_with("backups") ? "backup" : "";
}

bool is_consistent(const Balance& balance) {
    return std::string_view(balance.lines).find("consistent") != std::string_view::npos;
}

void set_expected_of(const Balance& balance, Scenario& scenario) {
    const std::string_view way =
        std::string_view(scenario.name).substr(scenario.name.rfind('_') + 1);
    const bool comes_first = scenario.name.ends_with("added_first");
    // "added" is "removed_and_added": it is deleted before it comes again.
    if (way == "last" || way == "first" || way == "added" || way == "weighted" || way == "replaced")
        scenario.live_from = balance.added_from;
    // Places in a consistent hash come from ids, which a fresh process counts from the first line,
    // and a running one keeps.
    if (is_consistent(balance) && (comes_first || way == "removed"))
        scenario.keys_move = true;
    // The order of lines decides; so a reload is as good as doing what it takes.
    const std::string_view name = balance.name;
    if ((name.starts_with("first") || name == "roundrobin_backups") && way != "removed")
        scenario.may_reload = true;
}

} // namespace

void add_balances(std::vector<Scenario>& all) {
    for (const Balance& balance : balances) {
        Scenario like;
        like.name = std::string("balance_") + balance.name;
        like.balance = balance.balance;
        like.backend = balance.lines;
        like.by_key = balance.by_key;
        like.random = balance.random;
        like.since = balance.since;
        like.parallel = std::string_view(balance.name) == "first_with_maxconn" ? 3 : 0;
        const std::size_t before = all.size();
        add_moves(like, words_of(balance.name), all);
        for (Scenario& scenario : std::span(all).subspan(before))
            set_expected_of(balance, scenario);
    }
}

} // namespace hitless::test
