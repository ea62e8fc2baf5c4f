#include "ctl/top_screen.hpp"

#include <clocale>
#include <cstdio>
#include <cwchar>
#include <langinfo.h>
#include <string>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>

#define NCURSES_NOMACROS
#define NCURSES_WIDECHAR 1
#include <ncurses.h>

namespace hitless::ctl {
namespace {

constexpr short red_pair = 1;
constexpr short yellow_pair = 2;
constexpr short green_pair = 3;
constexpr int escape_delay = 25; // milliseconds in which the rest of an escape sequence comes

/// Where there is no colour, what is bad is at least bold.
attr_t attributes(Tone tone, bool colour) {
    const auto pair = [&](short number) {
        return colour ? static_cast<attr_t>(COLOR_PAIR(number)) : A_NORMAL;
    };
    switch (tone) {
    case Tone::plain:
        return A_NORMAL;
    case Tone::strong:
        return A_BOLD;
    case Tone::title:
    case Tone::selected:
        return A_REVERSE;
    case Tone::good:
        return pair(green_pair);
    case Tone::warning:
        return pair(yellow_pair);
    case Tone::bad:
        return pair(red_pair) | A_BOLD;
    }
    return A_NORMAL;
}

TopKey key_of(int code) {
    using Kind = TopKey::Kind;
    switch (code) {
    case KEY_UP:
        return {Kind::up};
    case KEY_DOWN:
        return {Kind::down};
    case KEY_LEFT:
        return {Kind::left};
    case KEY_RIGHT:
        return {Kind::right};
    case KEY_PPAGE:
        return {Kind::page_up};
    case KEY_NPAGE:
        return {Kind::page_down};
    case KEY_HOME:
        return {Kind::home};
    case KEY_END:
        return {Kind::end};
    case KEY_ENTER:
    case '\n':
    case '\r':
        return {Kind::enter};
    case KEY_BACKSPACE:
    case '\b':
    case 0x7f:
        return {Kind::backspace};
    case 0x1b:
        return {Kind::escape};
    default:
        break;
    }
    if (code >= ' ' && code < 0x7f)
        return {Kind::character, static_cast<char>(code)};
    return {Kind::other};
}

std::string in_ascii(std::string_view text) {
    std::string plain;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80)
            plain += c;
        else if (byte >= 0xc0) // the first byte of a character
            plain += '~';
    }
    return plain;
}

/// What of the text fits into so many columns, without the signs that take none: they could turn
/// around what is beside them.
std::wstring clipped(std::string_view text, int columns) {
    std::wstring out;
    std::mbstate_t state{};
    while (!text.empty()) {
        wchar_t sign = 0;
        const std::size_t length = std::mbrtowc(&sign, text.data(), text.size(), &state);
        if (length == 0 || length > text.size()) // not of this locale
            break;
        text.remove_prefix(length);
        const int width = ::wcwidth(sign);
        if (width == 0)
            continue;
        columns -= width < 0 ? 1 : width;
        if (columns < 0)
            break;
        out += width < 0 ? L'?' : sign;
    }
    return out;
}

} // namespace

std::unique_ptr<TopScreen> TopScreen::open(bool colour) {
    std::setlocale(LC_CTYPE, "");
    if (!is_known_terminal()) // newterm() would leak
        return nullptr;
    SCREEN* const screen = ::newterm(nullptr, stdout, stdin);
    if (screen == nullptr)
        return nullptr;
    return std::unique_ptr<TopScreen>(new TopScreen(screen, colour));
}

TopScreen::TopScreen(void* screen, bool colour)
    : screen_(screen),
      colour_(colour && ::has_colors()),
      ascii_(std::string_view(::nl_langinfo(CODESET)) != "UTF-8") {
    ::set_escdelay(escape_delay);
    ::cbreak();
    ::noecho();
    ::keypad(stdscr, true);
    ::nodelay(stdscr, true);
    ::curs_set(0);
    if (!colour_)
        return;
    ::start_color();
    ::use_default_colors();
    ::init_pair(red_pair, COLOR_RED, -1);
    ::init_pair(yellow_pair, COLOR_YELLOW, -1);
    ::init_pair(green_pair, COLOR_GREEN, -1);
}

TopScreen::~TopScreen() {
    ::endwin();
    ::delscreen(static_cast<SCREEN*>(screen_));
}

void TopScreen::resize() {
    winsize now{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &now) == 0 && now.ws_row > 0 && now.ws_col > 0)
        ::resizeterm(now.ws_row, now.ws_col);
}

FrameSize TopScreen::size() const {
    return {static_cast<std::size_t>(::getmaxy(stdscr)),
            static_cast<std::size_t>(::getmaxx(stdscr)), ascii_};
}

void TopScreen::show(const std::vector<FrameLine>& frame) {
    ::erase();
    const int rows = ::getmaxy(stdscr);
    for (int row = 0; row < rows && row < static_cast<int>(frame.size()); ++row) {
        ::move(row, 0);
        for (const Piece& piece : frame[static_cast<std::size_t>(row)]) {
            if (::getcury(stdscr) != row) // the line was full, and ncurses went on to the next
                break;
            ::attrset(static_cast<int>(attributes(piece.tone, colour_)));
            const int left = ::getmaxx(stdscr) - ::getcurx(stdscr);
            ::addwstr(clipped(ascii_ ? in_ascii(piece.text) : piece.text, left).c_str());
        }
    }
    ::attrset(A_NORMAL);
    ::refresh();
}

std::optional<TopKey> TopScreen::key() {
    const int code = ::getch();
    if (code == ERR)
        return std::nullopt;
    return key_of(code);
}

} // namespace hitless::ctl
