#include "hitless/apply/live_note.hpp"

#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"

#include "base/file_descriptor.hpp"
#include "base/note_format.hpp"

#include <fmt/format.h>

#include <charconv>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

namespace hitless::apply {
namespace {

namespace fs = std::filesystem;

/// What the lines of a process begin with.
std::string begin_of(const haproxy::Info& process) {
    return fmt::format("{} {} ", process.pid, process.start_seconds);
}

/// "slot app/hitless-slot1 web9": in whose place a spare server is; "-": in nobody's.
constexpr std::string_view of_slot = "slot ";
constexpr std::string_view in_no_place = "-";
/// "leaves app/web1 yes"
constexpr std::string_view of_leaving = "leaves ";

bool is_place(std::string_view line) {
    return line.starts_with(of_slot) || line.starts_with(of_leaving);
}

std::string place_of(std::string_view kind, const plan::ServerId& server) {
    return fmt::format("{}{}/{}", kind, server.backend, server.server);
}

/// Takes in a line of a place; a later one counts more.
void read_place(std::string_view line, LivePlaces& places) {
    const bool is_slot = line.starts_with(of_slot);
    line.remove_prefix(is_slot ? of_slot.size() : of_leaving.size());
    const std::size_t slash = line.find('/');
    const std::size_t blank = line.find(' ', slash);
    if (slash == std::string_view::npos || blank == std::string_view::npos)
        return;
    const plan::ServerId server{std::string(line.substr(0, slash)),
                                std::string(line.substr(slash + 1, blank - slash - 1))};
    const std::string_view value = line.substr(blank + 1);
    if (is_slot)
        places.slots[server] = value == in_no_place ? std::string() : std::string(value);
    else
        places.leaving[server] = value == "yes";
}

/// Of objects that not each process was told of.
constexpr const char* untold = "untold ";

/// The note's first line; those that older builds wrote have none.
std::string first_line() {
    return fmt::format("{} {}\n", base::note_format_name, base::note_format);
}

/// What that line says.
int format_of(std::string_view note) {
    const std::string begin = fmt::format("{} ", base::note_format_name);
    if (!note.starts_with(begin))
        return base::unnumbered_format;
    int format = base::note_format + 1; // of what is no number
    std::from_chars(note.data() + begin.size(), note.data() + note.size(), format);
    return format;
}

/// "app/web1"; of other kinds than servers "limit web/maxconn".
std::string line_of(const plan::ObjectId& object) {
    const bool is_server = object.kind == plan::ObjectId::Kind::server;
    return fmt::format("{}{}{}/{}", is_server ? "" : to_string(object.kind), is_server ? "" : " ",
                       object.scope, object.name);
}

std::optional<plan::ObjectId> parse_object(std::string_view line) {
    plan::ObjectId object;
    if (const std::size_t blank = line.find(' '); blank != std::string_view::npos) {
        if (const auto kind = plan::to_object_kind(line.substr(0, blank))) {
            object.kind = *kind;
            line.remove_prefix(blank + 1);
        }
    }
    const std::size_t slash = line.find('/');
    if (slash == std::string_view::npos)
        return std::nullopt;
    object.scope = line.substr(0, slash);
    object.name = line.substr(slash + 1);
    return object;
}

} // namespace

void take_noted_slots(haproxy::Running& running, const LivePlaces& noted) {
    for (const auto& [slot, serves] : noted.slots) {
        const auto backend = running.find(slot.backend);
        if (backend == running.end())
            continue;
        const auto server = backend->second.find(slot.server);
        if (server != backend->second.end() && !server->second.in_maintenance())
            server->second.serves = serves;
    }
}

namespace {

/// For how many seconds dest had had its name when the process was started; nullopt: it is missing.
std::optional<long> age_at_start(const haproxy::Info& process, const std::string& dest) {
    struct stat file {};
    if (::stat(dest.c_str(), &file) != 0)
        return std::nullopt;
    return process.start_seconds - file.st_ctime;
}

} // namespace

bool has_read(const haproxy::Info& process, const std::string& dest) {
    return age_at_start(process, dest).value_or(0) > 0;
}

bool may_have_read(const haproxy::Info& process, const std::string& dest) {
    return age_at_start(process, dest).value_or(-1) >= 0;
}

LiveNote::LiveNote(const std::string& dest)
    : dest_(dest), path_(base::companion_path(dest, "live")) {}

// A line is appended at once: if we are killed meanwhile, the commands were not sent.
Result<void> LiveNote::add(const haproxy::Info& process, std::span<const plan::ObjectId> objects,
                           const LivePlaces& places) {
    const std::string begin = begin_of(process);
    std::string text;
    const auto note = [&](const std::string& line) {
        if (noted_.insert(line).second)
            text += line;
    };
    note(begin + "changed\n");
    for (const plan::ObjectId& object : objects)
        note(fmt::format("{}{}\n", begin, line_of(object)));
    for (const auto& [slot, server] : places.slots)
        note_place(begin + place_of(of_slot, slot),
                   server.empty() ? std::string(in_no_place) : server, text);
    for (const auto& [server, leaves] : places.leaving)
        note_place(begin + place_of(of_leaving, server), leaves ? "yes" : "no", text);
    if (text.empty()) {
        outdate_dest();
        return {};
    }
    return append(text);
}

void LiveNote::note_place(const std::string& place, const std::string& value, std::string& text) {
    const auto [known, is_new] = places_.try_emplace(place, value);
    if (!is_new && known->second == value)
        return;
    known->second = value;
    text += fmt::format("{} {}\n", place, value);
}

Result<void> LiveNote::add_untold(std::span<const plan::ObjectId> objects) {
    std::string text;
    for (const plan::ObjectId& object : objects) {
        std::string line = fmt::format("{}{}\n", untold, line_of(object));
        if (noted_.insert(line).second)
            text += line;
    }
    return text.empty() ? Result<void>{} : append(text);
}

Result<void> LiveNote::append(const std::string& text) {
    const auto file = base::open_note(path_, O_APPEND);
    if (!file) {
        forget();
        return file.error();
    }
    struct stat status {};
    const bool is_new = ::fstat(file->get(), &status) == 0 && status.st_size == 0;
    const std::string added = is_new ? first_line() + text : text;
    if (::write(file->get(), added.data(), added.size()) != static_cast<ssize_t>(added.size())) {
        const auto failure = base::system_error("can't write " + path_);
        forget();
        return failure;
    }
    return {};
}

void LiveNote::forget() {
    noted_.clear();
    places_.clear();
}

void LiveNote::clear() {
    forget();
    ::unlink(path_.c_str());
}

bool LiveNote::is_set() const {
    // What is no file, as a directory that somebody has made there, can't be removed as a note.
    struct stat file {};
    return ::lstat(path_.c_str(), &file) == 0 && !S_ISDIR(file.st_mode);
}

void LiveNote::confirm_dest() const {
    constexpr timespec long_ago[2] = {};
    ::utimensat(AT_FDCWD, path_.c_str(), long_ago, AT_SYMLINK_NOFOLLOW);
}

void LiveNote::outdate_dest() const {
    ::utimensat(AT_FDCWD, path_.c_str(), nullptr, AT_SYMLINK_NOFOLLOW);
}

void LiveNote::outdate_coming_dest() const {
    constexpr time_t ahead = 60;
    timespec later[2] = {};
    ::clock_gettime(CLOCK_REALTIME, &later[1]);
    later[1].tv_sec += ahead;
    later[0] = later[1];
    ::utimensat(AT_FDCWD, path_.c_str(), later, AT_SYMLINK_NOFOLLOW);
}

Result<std::vector<std::string>> LiveNote::lines(const std::string& begin) const {
    const auto text = base::read_note(path_, base::most_of_note);
    if (!text)
        return text.error();
    std::vector<std::string> found;
    if (!*text)
        return found;
    if (const auto known = base::expect_no_newer_build(format_of(**text)); !known)
        return fail("{}: {}", path_, known.error().message);
    for (const std::string_view line : base::split(**text, '\n')) {
        if (line.starts_with(begin))
            found.emplace_back(line.substr(begin.size()));
    }
    return found;
}

Result<bool> LiveNote::is_newer_than_dest(const haproxy::Info& process) const {
    const auto of_process = lines(begin_of(process));
    std::error_code gone;
    const auto noted = fs::last_write_time(path_, gone);
    if (gone) // dest has been written meanwhile
        return false;
    const auto written = fs::last_write_time(dest_, gone);
    if (!gone && noted < written) // a tick of the kernel's clock takes milliseconds
        return false;
    if (!of_process)
        return of_process.error();
    return !of_process->empty();
}

Result<std::set<plan::ObjectId>> LiveNote::read(const haproxy::Info& process) const {
    const bool may_be_untold = !has_read(process, dest_);
    std::set<plan::ObjectId> objects;
    for (const std::string& begin : {begin_of(process), std::string(untold)}) {
        const auto found = lines(begin);
        if (!found)
            return found.error();
        for (const std::string& line : *found) {
            if (is_place(line))
                continue;
            // This run knows itself what the file said when the process was started.
            const bool counts =
                begin != untold || (may_be_untold && !noted_.contains(begin + line + '\n'));
            if (auto object = parse_object(line); counts && object)
                objects.insert(std::move(*object));
        }
    }
    return objects;
}

Result<LivePlaces> LiveNote::places(const haproxy::Info& process) const {
    const auto found = lines(begin_of(process));
    if (!found)
        return found.error();
    LivePlaces places;
    for (const std::string& line : *found) {
        if (is_place(line))
            read_place(line, places);
    }
    return places;
}

} // namespace hitless::apply
