// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/sessioncard.h"

#include "nextstep.h"
#include "start/modechooser.h"
#include "widgets/actionbutton.h"

#include <KLocalizedString>

#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

#include <algorithm>

namespace cutover::ui {

SessionCard::SessionCard(QWidget* parent)
    : QWidget(parent)
    , m_mode(new QComboBox(this))
    , m_guarded(new QCheckBox(i18n("Guarded commit"), this))
    , m_fdSwitch(new QCheckBox(i18n("Pass fds"), this))
    , m_button(new ActionButton(this))
    , m_sentence(new QLabel(this))
{
    addModeNames(m_mode);
    m_guarded->setObjectName(QStringLiteral("cardGuarded"));
    m_guarded->setChecked(true);
    setOffers({});
    m_button->setObjectName(QStringLiteral("mainButton"));
    m_sentence->setObjectName(QStringLiteral("sessionSentence"));
    QFont bold = m_button->font();
    bold.setBold(true);
    m_button->setFont(bold);
    m_button->setMinimumHeight(fontMetrics().height() * 2);
    m_button->setDefault(true);
    m_sentence->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
    m_sentence->setWordWrap(true);
    m_sentence->setAccessibleName(i18n("State of the session"));
    m_sentence->setMinimumWidth(fontMetrics().averageCharWidth() * 36);

    connect(m_mode, &QComboBox::activated, this, &SessionCard::changed);
    connect(m_guarded, &QCheckBox::clicked, this, &SessionCard::changed);

    auto* choices = new QHBoxLayout;
    choices->addWidget(m_mode, 1);
    choices->addWidget(m_fdSwitch);
    choices->addWidget(m_guarded);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(4);
    layout->addLayout(choices);
    layout->addWidget(m_button);
    layout->addWidget(m_sentence);
}

void SessionCard::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    makeRoom();
}

void SessionCard::makeRoom()
{
    m_sentence->setMinimumHeight(std::max(0, m_sentence->heightForWidth(m_sentence->width())));
}

void SessionCard::fill(op::SessionRequest& request) const
{
    request.mode = m_mode->currentData().toString();
    request.guarded = m_guarded->isChecked();
}

void SessionCard::showRequest(const op::SessionRequest& request)
{
    if (const int place = m_mode->findData(request.mode); place >= 0)
        m_mode->setCurrentIndex(place);
    m_guarded->setChecked(request.guarded);
}

bool SessionCard::choose(const op::SessionRequest& request)
{
    op::SessionRequest now;
    fill(now);
    if (!m_mode->isEnabled() || (now.mode == request.mode && now.guarded == request.guarded))
        return false;
    m_mode->setCurrentIndex(m_mode->findData(request.mode));
    m_guarded->setChecked(request.guarded);
    return true;
}

void SessionCard::setOffers(const Offers& offers)
{
    m_offers = offers;
    offerModes(m_mode, offers);
    m_guarded->setToolTip(guardTip(offers));
    m_guarded->setAccessibleDescription(m_guarded->toolTip());
}

void SessionCard::setState(const op::SessionState& state)
{
    const QString sentence = op::stateSentence(state);
    m_sentence->setText(m_replayed ? i18nc("a sentence", "Recording: %1", sentence) : sentence);
    makeRoom();
    const bool fixed = m_replayed || isUnderWay(state) || std::holds_alternative<op::state::Migrated>(state);
    m_mode->setEnabled(!fixed);
    m_guarded->setEnabled(!fixed && m_offers.noGuard.isEmpty());
}

} // namespace cutover::ui
