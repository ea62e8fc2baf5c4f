#include "hitless/base/text.hpp"

#include "ctl/commands.hpp"
#include "ctl/names.hpp"
#include "ctl/view.hpp"

#include <algorithm>
#include <ostream>

/// The hidden command behind the completion of bash and zsh (scripts/completion): its operands are
/// the words of the command line up to the cursor, its output the words that may stand there.
namespace hitless::ctl {
namespace {

using Words = std::vector<std::string>;

/// To the shell: names of files may stand here.
constexpr const char* files = ":files";

struct Line {
    std::vector<base::Flag> flags; ///< of the command, with those of all
    const Command* command = nullptr;
    std::size_t operands = 0;
    const base::Flag* open_flag = nullptr; ///< whose value the last word is
    std::string word;                      ///< the last one, after `--flag=` if it has that
    std::string prefix;                    ///< `--flag=`
};

const base::Flag* find_flag(const std::vector<base::Flag>& flags, std::string_view word) {
    if (!word.starts_with('-'))
        return nullptr;
    word.remove_prefix(word.starts_with("--") ? 2 : 1);
    const auto found = std::ranges::find(flags, word.substr(0, word.find('=')), &base::Flag::name);
    return found != flags.end() ? &*found : nullptr;
}

/// Takes the flags into the options, so that names come from the HAProxy that they name.
Line read_line(const Words& words, Options& options) {
    Line line;
    line.flags = common_flags(options);
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        if (line.open_flag != nullptr) {
            static_cast<void>(line.open_flag->set(words[i]));
            line.open_flag = nullptr;
        } else if (words[i].starts_with('-')) {
            const base::Flag* const flag = find_flag(line.flags, words[i]);
            const std::size_t equals = words[i].find('=');
            if (flag != nullptr && equals != std::string::npos)
                static_cast<void>(flag->set(words[i].substr(equals + 1)));
            else if (flag != nullptr && !flag->value.empty())
                line.open_flag = flag;
        } else if (line.command != nullptr) {
            ++line.operands;
        } else if (const auto found = std::ranges::find(commands(), words[i], &Command::name);
                   found != commands().end()) {
            line.command = &*found;
            const auto own =
                found->flags != nullptr ? found->flags(options) : std::vector<base::Flag>();
            line.flags.insert(line.flags.end(), own.begin(), own.end());
        }
    }
    line.word = words.empty() ? std::string() : words.back();
    const std::size_t equals = line.word.find('=');
    if (line.word.starts_with('-') && equals != std::string::npos) {
        line.open_flag = find_flag(line.flags, line.word);
        line.prefix = line.word.substr(0, equals + 1);
        line.word.erase(0, equals + 1);
    }
    return line;
}

Words columns(std::string_view command) {
    Table table;
    if (command == "servers")
        table = server_table({}, {}, nullptr);
    else if (command == "frontends")
        table = frontend_table({});
    else if (command == "backends")
        table = backend_table({});
    else if (command == "sessions")
        table = session_table({});
    Words keys;
    for (const Column& column : table.columns)
        keys.emplace_back(column.key);
    return keys;
}

Words values_of(const Line& line) {
    const std::string& name = line.open_flag->name;
    if (name == "color")
        return {"always", "auto", "never"};
    if (name == "state")
        return {"up", "down", "starting", "stopping", "ready", "drain", "maint", "nocheck"};
    if (name == "sort")
        return line.command != nullptr ? columns(line.command->name) : Words();
    if (line.open_flag->value == "FILE" || line.open_flag->value == "ADDRESS" ||
        line.open_flag->value == "DIRECTORY" || line.open_flag->value == "DIR")
        return Words(1, files);
    return {};
}

Words all_flags(const Line& line) {
    Words all(1, "--help");
    for (const base::Flag& flag : line.flags)
        all.push_back((flag.name.size() == 1 ? "-" : "--") + flag.name);
    return all;
}

Words all_commands() {
    Words all(1, "help");
    for (const Command& command : commands()) {
        if (*command.summary != '\0')
            all.emplace_back(command.name);
    }
    return all;
}

Words names(const Line& line, const Context& context) {
    constexpr std::chrono::milliseconds patience(1'000); // someone waits for the Tab key
    const std::string_view operands = line.command->operands;
    const bool several = operands.find("SERVER…") != std::string_view::npos ||
                         operands.find("]…") != std::string_view::npos;
    const auto targets = find_targets(context.options);
    if (!targets || operands.find("BACKEND") == std::string_view::npos ||
        (line.operands > 0 && !several))
        return {};
    Channel channel(targets->front(), std::min(context.options.timeout, patience));
    const ProxyNames found = ask_names(channel);
    if (operands.starts_with("BACKEND/") || line.word.find('/') != std::string::npos)
        return complete_server(found, line.word);
    return found.backends;
}

Words candidates(const Line& line, const Context& context) {
    if (line.open_flag != nullptr)
        return values_of(line);
    if (!line.prefix.empty()) // of a flag that there isn't
        return {};
    if (line.word.starts_with('-'))
        return all_flags(line);
    if (line.command == nullptr || std::string_view(line.command->name) == "help")
        return all_commands();
    return names(line, context);
}

} // namespace

ExitCode complete_words(Context& context) {
    const Line line = read_line(context.operands, context.options);
    for (const std::string& candidate : candidates(line, context)) {
        if (candidate == files)
            context.out << files << '\n';
        else if (candidate.starts_with(line.word))
            context.out << line.prefix << candidate << '\n';
    }
    return done;
}

} // namespace hitless::ctl
