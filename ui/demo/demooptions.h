// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "demo/director.h"

#include <QStringList>

class QCommandLineParser;

namespace cutover::ui {

/// `--demo` alone means a live update of the embedded VMM; QCommandLineParser knows no optional values.
QStringList withDemoValue(QStringList arguments);

/// The lessons' names and titles, one a line, with what this machine lacks.
QString lessonListText();

/// --lab, --demo, --output and what a lab or its migration is made of.
void addDemoOptions(QCommandLineParser& parser);

/// What the options ask for. InvalidArgument, with the sentence as its cause, for values that make no sense.
struct LabWish
{
    bool lab = false;
    bool demo = false;
    bool list = false; ///< only to say which lessons there are
    DemoRequest request;
    QString output; ///< empty: none was named
};
Result<LabWish> labWish(const QCommandLineParser& parser);

} // namespace cutover::ui
