#include "apply/random_site.hpp"

#include "etcd/base64.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace hitless::apply::test {
namespace {

constexpr std::array<std::string_view, 7> shapes = {"address", "options", "word",   "list",
                                                    "object",  "array",   "encoded"};

/// Puts `value` at each "@" of `form`.
std::string fill(std::string_view form, const std::string& value) {
    std::string made;
    for (const char c : form)
        made += c == '@' ? value : std::string(1, c);
    return made;
}

} // namespace

std::string_view to_string(Shape shape) {
    return shapes.at(static_cast<std::size_t>(shape));
}

std::string harmless_value(Shape shape, const std::string& name) {
    switch (shape) {
    case Shape::address:
        return fmt::format("10.0.0.{}:80", name.size());
    case Shape::options:
        return fmt::format("weight {}", name.size());
    case Shape::word:
        return "w" + name;
    case Shape::list:
        return fmt::format("u{0},v{0}", name);
    case Shape::object:
        return fmt::format(R"({{"name":"n{0}","port":80,"tags":["s{0}","t{0}"],)"
                           R"("inner":"{{\"name\":\"i{0}\"}}"}})",
                           name);
    case Shape::array:
        return fmt::format(R"(["p{0}","q{0}"])", name);
    case Shape::encoded:
        break;
    }
    return etcd::encode_base64("e" + name);
}

RandomSite SiteGenerator::make_site() {
    serial_ = 0;
    candidates_.clear();
    add_keys();
    RandomSite site;
    site.text = definitions() + "global\n" + fixed_line() + "defaults\n  mode http\n";
    for (int i = 1 + number(2); i > 0; --i)
        site.text += section();
    if (chance(3))
        site.text += services();
    site.text += "backend last\n  server fix 10.1.0.1:80\n" + fixed_line();
    add_victim(site);
    return site;
}

void SiteGenerator::add_keys() {
    keys_.clear();
    for (int i = 0; i < static_cast<int>(shapes.size()); ++i) {
        const auto shape = static_cast<Shape>(i);
        for (const char* const name : {"a", "m", "y"})
            keys_.emplace_back(fmt::format("/{}/{}", to_string(shape), name),
                               harmless_value(shape, name));
        keys_.emplace_back(fmt::format("/one/{}", to_string(shape)), harmless_value(shape, "one"));
    }
    for (const char* const name : {"a", "m", "y"}) {
        keys_.emplace_back(fmt::format("/services/{}/word", name), harmless_value(Shape::word, ""));
        for (const char* const server : {"b", "m", "x"})
            keys_.emplace_back(fmt::format("/services/{}/servers/{}", name, server),
                               harmless_value(Shape::address, server));
    }
}

/// Chooses one that the template reads; now and then its name is a bad one, too.
void SiteGenerator::add_victim(RandomSite& site) {
    const auto& [key, shape] =
        candidates_[static_cast<std::size_t>(number(static_cast<int>(candidates_.size())))];
    site.victim = key;
    site.shape = shape;
    site.keys = keys_;
    const bool is_one_of_several = key.ends_with("/m");
    if (!is_one_of_several || !chance(4))
        return;
    site.victim +=
        one_of({" n", "#n", "\"", "'", "\\", "\n  bind :1", "\xff", "\xe2\x80\xa8n", "$n",
                "%[env(n)]", " #", "n-", " -f n", "\rn", " from n", ":n", "{{n}}"});
    std::ranges::find(site.keys, key, &Keys::value_type::first)->first = site.victim;
}

std::string SiteGenerator::definitions() {
    return "{{define \"print\"}}{{.}}{{end}}"
           "{{define \"quoted\"}}\"{{.}}\"{{end}}"
           "{{define \"upper\"}}{{$u := toUpper .}}{{$u}}{{end}}";
}

std::string SiteGenerator::section() {
    ++serial_;
    std::string text =
        chance(2) ? fmt::format("frontend f{}\n", serial_) : fmt::format("backend b{}\n", serial_);
    for (int i = 1 + number(3); i > 0; --i)
        text += block() + fixed_line();
    return text;
}

/// Sections of their own, with a range in a range.
std::string SiteGenerator::services() {
    candidates_.emplace_back("/services/m/word", Shape::word);
    candidates_.emplace_back("/services/m/servers/m", Shape::address);
    const Source word{Shape::word, R"((getv (printf "/services/%s/word" .) "none"))"};
    const Source pair{Shape::address, ".Value"};
    return "{{range lsdir \"/services\"}}backend s-{{.}}\n" + line(word) +
           "{{range gets (printf \"/services/%s/servers/*\" .)}}" + server_line(pair) + "{{end}}" +
           fixed_line() + "{{end}}";
}

std::string SiteGenerator::block() {
    return chance(3) ? one_key() : over_keys();
}

std::string SiteGenerator::over_keys() {
    const Shape shape = any_shape();
    const std::string directory = fmt::format("/{}", to_string(shape));
    candidates_.emplace_back(directory + "/m", shape);
    switch (number(6)) {
    case 0:
        return fmt::format("{{{{range getvs \"{}/*\"}}}}{}{{{{end}}}}", directory,
                           lines({shape, "."}));
    case 1:
        return fmt::format("{{{{range $p := gets \"{}/*\"}}}}{}{{{{end}}}}", directory,
                           lines({shape, "$p.Value"}));
    case 2:
        return fmt::format("{{{{range ls \"{0}\"}}}}{{{{$v := getv (printf \"{0}/%s\" .)}}}}{1}"
                           "{{{{end}}}}",
                           directory, lines({shape, "$v"}));
    case 3:
        return fmt::format("{{{{range gets \"{}/*\"}}}}{}{{{{end}}}}", directory,
                           lines({Shape::word, "(base .Key)"}));
    case 4:
        return fmt::format("{{{{range gets \"{}/*\"}}}}{{{{with .Value}}}}{}{{{{end}}}}{{{{end}}}}",
                           directory, lines({shape, "."}));
    default:
        return fmt::format("{{{{range gets \"{}/*\"}}}}{}{{{{end}}}}", directory,
                           lines({shape, ".Value"}));
    }
}

std::string SiteGenerator::one_key() {
    const Shape shape = any_shape();
    const std::string key = fmt::format("/one/{}", to_string(shape));
    candidates_.emplace_back(key, shape);
    std::string fallback = harmless_value(shape, "fall");
    if (fallback.find('"') != std::string::npos)
        fallback = "`" + fallback + "`";
    else
        fallback = "\"" + fallback + "\"";
    switch (number(4)) {
    case 0:
        return fmt::format("{{{{$v := getv \"{}\" {}}}}}{}", key, fallback, lines({shape, "$v"}));
    case 1:
        return fmt::format("{{{{with getv \"{}\" {}}}}}{}{{{{else}}}}{}{{{{end}}}}", key, fallback,
                           lines({shape, "."}), fixed_line());
    case 2:
        return fmt::format("{{{{if exists \"{0}\"}}}}{1}{{{{else}}}}{2}{{{{end}}}}", key,
                           lines({shape, "(getv \"" + key + "\")"}), fixed_line());
    default:
        return lines({shape, fmt::format("(getv \"{}\" {})", key, fallback)});
    }
}

std::string SiteGenerator::lines(const Source& source) {
    std::string text;
    for (int i = 1 + number(2); i > 0; --i)
        text += chance(5) ? fixed_line() : line(source);
    return text;
}

std::string SiteGenerator::line(const Source& source) {
    if (source.shape == Shape::address || source.shape == Shape::options)
        return server_line(source);
    const auto over = [&](std::string_view form) {
        return fill(form, source.expression) + line({Shape::word, "."}) + "{{end}}";
    };
    if (source.shape == Shape::list && chance(2))
        return over("{{range split @ \",\"}}");
    if (source.shape == Shape::array && chance(2))
        return over("{{range jsonArray @}}");
    if (source.shape == Shape::object && chance(3))
        return over("{{range (json @).tags}}");
    return other_line(print(source), print(source));
}

std::string SiteGenerator::server_line(const Source& source) {
    ++serial_;
    const std::string value = print_server(source.expression);
    const bool has_pair = source.expression.ends_with(".Value");
    const std::string pair =
        has_pair ? source.expression.substr(0, source.expression.size() - 6) : "";
    const std::string name =
        has_pair && !chance(4) ? "{{base " + pair + ".Key}}" : fmt::to_string(number(9));
    if (source.shape == Shape::options)
        return fmt::format("  server t{}-{} 10.0.0.9:80 {} check\n", serial_, name, value);
    return fmt::format("  server t{}-{} {} check # t{}\n", serial_, name, value, serial_);
}

std::string SiteGenerator::fixed_line() {
    ++serial_;
    return fmt::format(
        "  {}\n", fill(one_of({"acl t@ path /t@", "# t@", "http-request set-header t@ \"a b\" # t@",
                               "use_backend t@ if { path /t@ }"}),
                       fmt::to_string(serial_)));
}

/// A line that isn't a server's, with one value or two.
std::string SiteGenerator::other_line(const std::string& value, const std::string& second) {
    ++serial_;
    const std::string_view form = one_of({
        "acl tN hdr(host) @",
        "acl tN hdr(host) -i @ end",
        "acl tN src @ # tN",
        "http-request set-header tN \"@\"",
        "http-request set-header tN \"a @ b\" # tN",
        "http-request set-header tN 'a @ b' if TRUE",
        "http-request set-header tN @ if TRUE",
        "http-request set-header tN @&",
        "http-request set-header tN \"@&\" end",
        "http-request set-header tN \"@\"'&' end",
        "http-request set-header tN a@b&c end",
        "http-request set-header tN @ & # tN",
        "http-request add-header tN %[src] \"@\"",
        "use_backend tN if { hdr(host) @ }",
        "option httpchk GET /tN \"@\"",
        "# tN @ note",
        "#@ tN",
        "log-format \"%ci @\" tN",
        "balance @ # tN",
        "bind :N name @",
        "stick-table type ip size @ expire tN",
        "@ tN",
        "@& tN",
        "\"@\" tN",
        "a@ tN",
        "tN@",
        "errorfile tN /e\\ @ end",
        "default-server # @ tN",
    });
    std::string made = "  ";
    for (const char c : form) {
        if (c == 'N')
            made += fmt::to_string(serial_);
        else if (c == '@' || c == '&')
            made += c == '@' ? value : second;
        else
            made += c;
    }
    return made + "\n";
}

std::string SiteGenerator::print(const Source& source) {
    const std::string& expression = source.expression;
    switch (source.shape) {
    case Shape::list:
        return fill(one_of({"{{join (split @ \",\") \" \"}}", "{{replace @ \",\" \" \" -1}}",
                            "{{range split @ \",\"}}{{.}} {{end}}", "{{index (split @ \",\") 0}}",
                            "{{range $e := split @ \",\"}}{{$e}} {{end}}",
                            "{{range $e := split @ \",\"}}{{$e}}{{end}}",
                            "{{join (sortByLength (split @ \",\")) \"-\"}}",
                            "{{join (append (split @ \",\") \"z\") \" \"}}"}),
                    expression);
    case Shape::object:
        return print_object(expression);
    case Shape::array:
        return fill(one_of({"{{range jsonArray @}}{{.}} {{end}}", "{{index (jsonArray @) 0}}",
                            "{{range reverse (jsonArray @)}}{{.}}{{end}}",
                            "{{$a := jsonArray @}}{{len $a}}", "{{toJson (jsonArray @)}}",
                            "{{with jsonArray @}}{{index . 1}}{{end}}"}),
                    expression);
    case Shape::encoded:
        return print_text("(base64Decode " + expression + ")");
    default:
        return print_text(expression);
    }
}

std::string SiteGenerator::print_text(const std::string& expression) {
    return fill(one_of({
                    "{{@}}",
                    "{{@}}",
                    "{{@}}",
                    "{{@ | printf \"%s\"}}",
                    "{{printf \"%v-%s\" @ @}}",
                    "{{print @}}",
                    "{{replace @ \"w\" \"W\" -1}}",
                    "{{replace \"b.q.c\" \"q\" @ -1}}",
                    "{{trimSuffix @ \"/\"}}",
                    "{{trimPrefix @ \"w\"}}",
                    "{{regexReplaceAll \"^(.?)\" @ \"$1\"}}",
                    "{{regexFind \".*\" @}}",
                    "{{join (split @ \".\") \".\"}}",
                    "{{toUpper @}}",
                    "{{@ | toLower}}",
                    "{{with dict \"k\" @}}{{.k}}{{end}}",
                    "{{index (map \"k\" @) \"k\"}}",
                    "{{index (list \"q\" @) 1}}",
                    "{{range list @}}{{.}}{{end}}",
                    "{{slice @ 1}}",
                    "{{slice @ 0 1}}{{slice @ 1}}",
                    "{{ternary @ \"y\" true}}",
                    "{{@ | base64Encode | base64Decode}}",
                    "{{base @}}",
                    "{{nospace @}}",
                    "{{indent 1 @}}",
                    "{{repeat 2 @}}",
                    "{{template \"print\" @}}",
                    "{{template \"upper\" @}}",
                    "{{$t := @}}{{if $t}}{{$t}}{{end}}",
                    "{{- @ -}} ",
                    "{{toJson @}}",
                    "{{quote @}}",
                    "{{squote @}}",
                    "{{printf \"%q\" @}}",
                    "{{printf \"%8s|%-8s\" @ @}}",
                    "{{html @}}",
                    "{{js @}}",
                    "{{urlquery @}}",
                    "{{snakecase @}}",
                    "{{kebabcase @}}",
                    "{{camelcase @}}",
                    "{{join (list @ (getv \"/word/a\") @) \"\"}}",
                    "{{replace (printf \"%s%s\" @ (getv \"/word/y\")) \"w\" @ -1}}",
                    "{{printf \"%s%s\" (toUpper (join (list @ (getv \"/word/y\")) \"\")) @}}",
                }),
                expression);
}

/// Forms that an address and options survive.
std::string SiteGenerator::print_server(const std::string& expression) {
    return fill(
        one_of({"{{@}}", "{{@}}", "{{print @}}", "{{join (split @ \",\") \",\"}}",
                "{{$a := split @ \" \"}}{{join $a \" \"}}",
                "{{range $i, $w := split @ \" \"}}{{$w}} {{end}}",
                "{{regexReplaceAll \"x\" @ \"y\"}}", "{{toLower @}}", "{{trimSuffix @ \"/\"}}",
                "{{template \"print\" @}}", "{{slice @ 0 1}}{{slice @ 1}}"}),
        expression);
}

std::string SiteGenerator::print_object(const std::string& expression) {
    const std::string name =
        fill(one_of({"(json @).name", "(index (json @) \"name\")", "(index (fromJson @) \"name\")",
                     "(json (json @).inner).name", "(index (json @).tags 0)",
                     "(index (pluck \"name\" (json @)) 0)"}),
             expression);
    if (chance(3))
        return print_text("(" + name + ")");
    return fill(one_of({"{{$o := json @}}{{$o.name}}", "{{with json @}}{{.name}}{{end}}",
                        "{{(json @).name}}:{{(json @).port}}",
                        "{{range (json @).tags}}{{.}} {{end}}", "{{(json @).port}}",
                        "{{range $k, $v := json @}}{{$k}} {{end}}", "{{toJson (json @)}}",
                        "{{range values (json @)}}{{.}}{{end}}", "{{join (keys (json @)) \" \"}}",
                        "{{if hasKey (json @) \"name\"}}{{(json @).name}}{{end}}",
                        "{{(json @).tags}}", "{{range (json @).tags}}{{.}}{{.}}{{end}}"}),
                expression);
}

} // namespace hitless::apply::test
