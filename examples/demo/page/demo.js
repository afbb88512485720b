const $ = (selector, root = document) => root.querySelector(selector);
const words = {
  submit: 'submit answer',
  delivery: 'callback',
  check: 'check',
  deadline: 'deadline',
  operator: 'operator',
};
const meanings = {
  settled: 'settled the task',
  confirmed: 'confirmed',
  contradicted: 'contradicted',
  noted: 'noted',
  hint: 'hint, to be checked',
  foreign: 'not about this task',
};

$('#wish').addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const go = $('#go');
  go.disabled = true;
  $('#problem').textContent = '';
  try {
    const answer = await fetch('/wishes', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ prompt: form.get('prompt'), family: form.get('family'), on: form.getAll('on') }),
    });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.error);
    localStorage.setItem(said.id, form.get('prompt'));
    show(said.id);
  } catch (error) {
    $('#problem').textContent = `That did not work: ${error.message}`;
  } finally {
    go.disabled = false;
  }
});

function show(id, atEnd = false) {
  const card = $('#card').content.firstElementChild.cloneNode(true);
  card.id = id;
  $('h2', card).textContent = localStorage.getItem(id) ?? id;
  if (atEnd) $('#tasks').append(card);
  else $('#tasks').prepend(card);
  const events = new EventSource(`/tasks/${id}/events`);
  let ledgerTimer;
  const ledger = async () => {
    const answer = await fetch(`/ledgers/${id}`);
    if (answer.ok) fill(card, await answer.json());
  };
  events.addEventListener('task', (event) => {
    const task = JSON.parse(event.data);
    draw(card, task);
    void ledger();
    if (task.settledAt === null) return;
    events.close();
    // What the provider still sends after the end shows up too.
    clearInterval(ledgerTimer);
    let looks = 0;
    ledgerTimer = setInterval(() => {
      void ledger();
      if (++looks > 6) clearInterval(ledgerTimer);
    }, 700);
  });
  ledgerTimer = setInterval(ledger, 1500);
}

function draw(card, task) {
  const ended = task.settledAt !== null;
  card.dataset.status = task.status;
  const order = ['submitting', 'unclear', 'pending', 'running'];
  const reached = ended ? 4 : order.indexOf(task.status);
  for (const step of card.querySelectorAll('.steps li')) {
    const at = { pending: 2, running: 3, end: 4 }[step.dataset.step];
    step.classList.toggle('on', reached >= at && (at < 4 || task.status === 'succeeded'));
    if (at === 4 && ended) {
      step.textContent = task.status;
      step.classList.toggle('bad', task.status !== 'succeeded');
    }
  }
  $('.bar i', card).style.width = `${ended ? 100 : (task.progress ?? (reached >= 3 ? 30 : 8))}%`;
  $('.note', card).textContent = ended
    ? task.error
      ? `It ended with: ${task.error.code}`
      : ''
    : task.confirming
      ? 'A callback says it is over. It is unsigned, so a check asks the provider first.'
      : task.status === 'unclear'
        ? 'The answer to the submit was lost. It is not sent again; its callback or a check will tell.'
        : '';
  if (ended) media($('.media', card), task);
}

function media(place, task) {
  const [file] = task.result;
  if (place.dataset.done || (!file && task.status === 'succeeded')) return;
  place.dataset.done = 'yes';
  place.textContent = '';
  if (!file) {
    place.textContent = 'no result';
    return;
  }
  const tag = { image: 'img', video: 'video', audio: 'audio' }[file.kind] ?? 'a';
  const made = document.createElement(tag);
  if (tag === 'a') {
    made.href = file.url;
    made.textContent = 'Download the 3D model';
    made.download = '';
  } else {
    made.src = file.url;
    if (tag !== 'img') {
      made.controls = true;
      made.loop = true;
      made.muted = tag === 'video';
      made.autoplay = tag === 'video';
    } else made.alt = 'The picture you wished for';
  }
  place.append(made);
}

function fill(card, { effects, entries, refused }) {
  const rows = entries.map(({ copies, outcome, said, seq, source }) => {
    const row = document.createElement('tr');
    row.className = outcome;
    for (const text of [seq, words[source] ?? source, said ?? '–', meanings[outcome] ?? outcome, `× ${copies}`])
      row.insertCell().textContent = text;
    return row;
  });
  $('tbody', card).replaceChildren(...rows);
  const runs = effects.reduce((sum, effect) => sum + effect.runs, 0);
  $('.effects', card).textContent = [
    runs === 0 ? 'The effect has not run yet.' : `The effect ran ${runs === 1 ? 'once' : `${runs} times`}.`,
    refused > 0 ? `${refused} forged callback${refused === 1 ? '' : 's'} refused with 401, nothing stored.` : '',
  ].join(' ');
}

// Tasks of before, also those that were under way when the app was killed.
fetch('/tasks?limit=10')
  .then((answer) => (answer.ok ? answer.json() : { tasks: [] }))
  .then(({ tasks }) => {
    for (const { id } of tasks) show(id, true);
  });
