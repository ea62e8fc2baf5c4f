#pragma once

#include "hitless/haproxy/config.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

/// Pure: `acl` lines with their values in the line (configuration.txt, 7.1), and the lists that
/// HAProxy keeps of these values (management.txt, 9.3, `show acl`). Tried on HAProxy 2.6.
namespace hitless::haproxy {

/// A line `acl NAME CRITERION [FLAGS] VALUE…`.
struct AclLine {
    std::string section; ///< "frontend web"
    std::string name;    ///< lines with the same one count together: any of them is enough
    std::string keyword; ///< of the criterion, as `show acl` has it: "hdr" of "hdr(host)"
    std::string test;    ///< the criterion and its flags: "hdr(host) -i"
    std::vector<std::string> values;
    int number = 0; ///< of the line, from 1
    /// False where only HAProxy can tell the values, or where commands can't change them: within
    /// `.if`, with variables, files, operators or other flags than `-i`, `-n` and some `-m`.
    bool is_plain = false;
    bool is_conditional = false; ///< HAProxy may not have the line
};

/// All of a configuration, in order.
[[nodiscard]] std::vector<AclLine> acl_lines(const Config& config);

/// A list of values that HAProxy has for a line of its configuration.
struct AclList {
    std::string id;      ///< as commands have it: "#5"
    std::string keyword; ///< see AclLine
    std::string file;    ///< the configuration file, as HAProxy was told of it
    int line = 0;        ///< in that file, when HAProxy was started
    std::string state;   ///< changes when somebody changes the values

    friend bool operator==(const AclList&, const AclList&) = default;
};

/// The answer to `show acl`, without the lists of files.
[[nodiscard]] std::vector<AclList> parse_acl_lists(std::string_view answer);

/// Which list HAProxy has for each plain line, by the number of the line. Empty unless all lines of
/// `started` with an ACL have lists, and no other has: then HAProxy was started from another text,
/// and nobody can tell. That they agree is no proof that it was this one.
[[nodiscard]] std::map<int, std::string> lists_of_lines(const Config& started,
                                                        const std::vector<AclList>& lists);

} // namespace hitless::haproxy
